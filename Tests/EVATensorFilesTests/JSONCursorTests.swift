import EVATensorFiles
import Foundation
import Testing

@Suite("JSON that is passed over")
struct JSONCursorTests {
    /// The fault that passing over a whole text ends with; nil for none.
    private func fault(_ text: String) -> String? {
        Array(text.utf8).withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            do {
                try cursor.skipValue()
                try cursor.expectEnd()
                return nil
            } catch let fault as JSONCursor.Fault {
                return "\(fault.offset): \(fault.message)"
            } catch {
                return "\(error)"
            }
        }
    }

    @Test(
        "Numbers and words are those of RFC 8259, also where nobody looks at them",
        arguments: [
            "0", "-0", "10", "-12.5", "1e3", "1E+3", "0.5e-3", "true", "false", "null",
            "[1, -2.0e1, true]", "{\"a\": [null, 0]}", "123456789012345678901234567890", " 1 ",
        ])
    func valid(text: String) {
        #expect(fault(text) == nil)
    }

    @Test(
        "What only looks like a value is refused at its byte",
        arguments: [
            ("1.", "0: number without digits"), (".5", "0: expected a value"),
            ("01", "0: number with leading zeros"), ("-01", "0: number with leading zeros"),
            ("+1", "0: expected a value"), ("-", "0: number without digits"),
            ("1e", "0: number without digits"), ("1e+", "0: number without digits"),
            ("1.e3", "0: number without digits"), ("--1", "0: number without digits"),
            ("1.2.3", "3: expected the end"), ("0x1", "1: expected the end"),
            ("tru", "0: expected a value"), ("truefalse", "4: expected the end"),
            ("nul", "0: expected a value"), ("NaN", "0: expected a value"),
            ("Infinity", "0: expected a value"), ("[1.]", "1: number without digits"),
            ("{\"a\": 00}", "6: number with leading zeros"), ("", "0: expected a value"),
        ])
    func refused(text: String, expected: String) {
        #expect(fault(text)?.hasPrefix(expected) == true, "\(fault(text) ?? "taken")")
    }
}
