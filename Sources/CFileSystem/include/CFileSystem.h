// What Linux offers for files and Swift's Glibc does not show.
#ifndef CFILESYSTEM_H
#define CFILESYSTEM_H

/// Lets two paths of one file system trade what they name, in one step.
///
/// Returns 0, or the error's number: EINVAL or ENOSYS where the file system cannot do that, and
/// ENOENT where one of the paths names nothing.
int cfs_exchange(const char *first, const char *second);

#endif
