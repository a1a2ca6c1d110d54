internal import Foundation

/// The folder that a command writes to.
package enum OutputFolder {
    /// Makes the folder and those above it, and finds out early whether it can be written.
    ///
    /// - Parameter path: what `--output_dir` names.
    /// - Throws: `TrainingError` with the system's reason.
    package static func prepare(_ path: String) throws(TrainingError) {
        for end in path.indices.dropFirst() where path[end] == "/" {
            mkdir(String(path[..<end]), 0o777)
        }
        // A folder that is there is as good as a new one; what is wrong shows in the second call.
        let made = mkdir(path, 0o777) == 0 || errno == EEXIST
        guard made, access(path + "/.", W_OK | X_OK) == 0 else {
            throw TrainingError(
                "--output_dir \(path): the folder cannot be made or written: "
                    + String(cString: strerror(errno)))
        }
    }
}
