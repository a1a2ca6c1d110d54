/// Takes in the answer to a request.
package protocol HTTPReceiver: AnyObject {
    /// Called once, before the body, with the head of an answer that holds the file or a part of it.
    func begin(_ head: HTTPHead) throws

    /// Takes the next bytes of the file.
    func take(_ bytes: UnsafeRawBufferPointer) throws

    /// Whether the work is to end early.
    var shouldStop: Bool { get }
}
