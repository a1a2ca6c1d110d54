import Dispatch
import Glibc

/// Memory of the host that is filled by one thread and then read by another.
package final class HostMemory: Sendable {
    // Whoever fills it again waits until nobody reads it.
    private nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

    /// The number of bytes.
    package var count: Int { bytes.count }

    /// - Returns: nil where the system has no such memory.
    package init?(byteCount: Int) {
        guard
            let start = mmap(
                nil, max(1, byteCount), PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0), start != MAP_FAILED
        else { return nil }
        bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
    }

    deinit { munmap(bytes.baseAddress, max(1, bytes.count)) }

    /// Copies bytes in, by as many threads as the machine has processors.
    ///
    /// - Parameter start: where they go; traps where they do not fit.
    package func fill(from source: UnsafeRawBufferPointer, at start: Int) {
        guard start >= 0, start + source.count <= bytes.count else {
            fatalError("HostMemory: \(source.count) bytes do not fit at \(start)")
        }
        let (count, length) = (source.count, 4 << 20)
        // A number, which crosses to the threads that copy a part each.
        let address = Int(bitPattern: source.baseAddress)
        DispatchQueue.concurrentPerform(iterations: (count + length - 1) / length) { index in
            let part = index * length..<min(count, (index + 1) * length)
            let from = UnsafeRawBufferPointer(
                start: UnsafeRawPointer(bitPattern: address + part.lowerBound), count: part.count)
            let place = start + part.lowerBound..<start + part.upperBound
            UnsafeMutableRawBufferPointer(rebasing: bytes[place]).copyMemory(from: from)
        }
    }

    /// Gives access to the bytes; the pointer is valid inside the closure only.
    package func withUnsafeBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(bytes))
    }
}
