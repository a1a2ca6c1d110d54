internal import Foundation
internal import Synchronization

/// A file on a server that is read from the front, in bounded memory; used by one thread at a time.
///
/// A connection that breaks or stands still is made again, after a while, and goes on in the middle of
/// the file, as long as it is the same file there. Of what was not asked for yet, at most `readAhead`
/// bytes are held.
package final class RemoteFile {
    /// The most bytes that one reader holds before they are asked for.
    package static let readAhead = 4 << 20

    /// The address, without what is secret in it.
    package var name: String { address.shown }
    /// Bytes of the file; nil where the server does not say.
    package private(set) var size: Int?

    private let address: RemoteAddress
    private let access: RemoteAccess
    private var version = FileVersion()
    private var transfer: HTTPTransfer?
    // The place in the file of what the transfer brings next.
    private var position = 0
    // Whether the server sends the whole file where a part is asked for.
    private var sendsNoParts = false
    // Tries in a row that brought nothing.
    private var failures = 0

    /// Connects to the server.
    ///
    /// - Throws: `RemoteError` where it has no such file, refuses it, or cannot be reached for as long
    ///   as the policy is patient.
    package init(_ address: RemoteAddress, access: RemoteAccess) throws(RemoteError) {
        self.address = address
        self.access = access
        try retrying { () throws(RemoteTrouble) in try connect(at: 0) }
    }

    /// Reads into memory.
    ///
    /// What lies near behind the bytes that were read before comes from the same connection; anything
    /// else is asked for anew.
    ///
    /// - Parameters:
    ///   - memory: Receives the bytes.
    ///   - place: Where in the file to begin.
    /// - Returns: How many bytes were read; fewer than the memory has at the end of the file only.
    /// - Throws: `RemoteError` where the file was changed meanwhile, or as on connecting.
    package func read(into memory: UnsafeMutableRawBufferPointer, at place: Int)
        throws(RemoteError) -> Int
    {
        var done = 0
        while done < memory.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: memory[done...])
            let count = try retrying { () throws(RemoteTrouble) in
                try piece(into: rest, at: place + done)
            }
            guard count > 0 else { break }
            failures = 0
            ServerOutage.end(of: address)
            done += count
        }
        return done
    }

    // MARK: Trying again

    private func retrying<Result>(_ body: () throws(RemoteTrouble) -> Result)
        throws(RemoteError) -> Result
    {
        while true {
            do throws(RemoteTrouble) {
                return try body()
            } catch {
                transfer = nil
                switch error {
                case .final(let error): throw error
                case .passing(let reason, let asked): try wait(after: reason, asked: asked)
                }
            }
        }
    }

    /// Waits before the next try, or gives up.
    private func wait(after reason: String, asked: Int) throws(RemoteError) {
        failures += 1
        let seconds = access.policy.wait(afterFailures: failures, asked: asked)
        guard failures < ServerOutage.attempts(access.policy, at: address),
            seconds <= access.policy.longestWaitSeconds
        else {
            ServerOutage.note(at: address)
            let wish = asked > 0 ? "; it asks to come back in \(asked) seconds" : ""
            throw RemoteError(
                .unreachable, name,
                "\(reason)\(wish); given up after \(failures) tries; check the network, the proxy "
                    + "and the server")
        }
        access.report(name, reason)
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        while clock.now < end {
            guard !access.shouldStop() else { throw RemoteError(.stopped, name, "stopped") }
            usleep(20_000)
        }
    }

    // MARK: The bytes

    private func piece(into memory: UnsafeMutableRawBufferPointer, at place: Int)
        throws(RemoteTrouble) -> Int
    {
        if let size, place >= size { return 0 }
        let transfer = try transfer(at: place)
        let count = transfer.read(into: memory, shouldStop: access.shouldStop)
        position += count
        if count == 0 { try end(transfer) }
        return count
    }

    /// A transfer whose next byte is that of a place.
    private func transfer(at place: Int) throws(RemoteTrouble) -> HTTPTransfer {
        while true {
            let distance = place - position
            guard let transfer, distance >= 0, distance <= Self.readAhead || sendsNoParts else {
                try connect(at: place)
                continue
            }
            guard distance > 0 else { return transfer }
            try passOver(distance, of: transfer)
        }
    }

    private func passOver(_ count: Int, of transfer: HTTPTransfer) throws(RemoteTrouble) {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: min(count, 1 << 17), alignment: 16)
        defer { memory.deallocate() }
        let got = transfer.read(into: memory, shouldStop: access.shouldStop)
        position += got
        guard got == 0 else { return }
        try end(transfer)
        throw .final(changed("it ends at byte \(position)"))
    }

    /// Looks at how a transfer ended.
    private func end(_ transfer: HTTPTransfer) throws(RemoteTrouble) {
        self.transfer = nil
        let response = transfer.response
        guard response.outcome == .done else { throw trouble(response) }
        guard let size else { return size = position }
        guard position >= size else {
            throw .passing("the server sent \(position) of \(size) bytes", waitSeconds: 0)
        }
    }

    // MARK: Connecting

    private func connect(at place: Int) throws(RemoteTrouble) {
        transfer = nil
        let origin = try RemoteRequest(address, environment: access.environment)
        var url = origin.url
        for _ in 0...Redirection.limit {
            let transfer = HTTPTransfer(
                origin.request(
                    for: url, at: place, of: version, policy: access.policy,
                    readAhead: Self.readAhead))
            guard let head = transfer.waitForHead(shouldStop: access.shouldStop) else {
                throw trouble(transfer.response)
            }
            if head.hasContent {
                try accept(head, at: place)
                self.transfer = transfer
                return
            }
            let page = transfer.rest(shouldStop: access.shouldStop)
            let response = transfer.response
            let isRedirection = [301, 302, 303, 307, 308].contains(head.status)
            guard response.outcome != .stopped, isRedirection, let location = response.location
            else { throw origin.trouble(response, page: page) }
            do throws(RemoteError) {
                url = try Redirection.target(of: url, location: location)
            } catch {
                throw .final(error)
            }
        }
        throw .final(
            RemoteError(
                .refused, name,
                "more than \(Redirection.limit) redirections, the last to \(Redirection.shown(url))"
            ))
    }

    /// Takes note of what the server is about to send.
    private func accept(_ head: HTTPHead, at place: Int) throws(RemoteTrouble) {
        let total: Int?
        if head.status == 206 {
            guard let range = head.contentRange, range.first == place else {
                throw .passing(
                    "the server sends another part than that from byte \(place) on", waitSeconds: 0)
            }
            (position, total) = (place, range.total)
        } else {
            (position, total) = (0, head.count("content-length"))
            if place > 0 { sendsNoParts = true }
        }
        let found = FileVersion(head)
        if let difference = version.difference(to: found) { throw .final(changed(difference)) }
        if let size, let total, size != total {
            throw .final(changed("it had \(size) bytes and has \(total)"))
        }
        version = version.completed(by: found)
        size = size ?? total
    }

    private func changed(_ difference: String) -> RemoteError {
        RemoteError(
            .changed, name,
            "was changed while it was being read: \(difference); leave files as they are while a "
                + "run reads them, and start again")
    }

    private func trouble(_ response: HTTPResponse) -> RemoteTrouble {
        RemoteTrouble(response, name: name)
    }
}
