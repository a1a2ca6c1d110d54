import Testing

@Suite("The comparisons of these tests")
struct ComparisonTests {
    @Test("Equal bytes do not differ, one changed byte is found and named")
    func bytes() {
        let original: [UInt8] = [1, 2, 3, 4]
        #expect(difference(original, original) == nil)
        #expect(
            difference([1, 2, 9, 4], original)
                == "1 of 4 bytes differ by up to 6; the first at 2: 9, expected 3")
        #expect(difference([1, 2, 3], original) == "3 bytes, expected 4")
    }

    @Test("The hash is FNV-1a and changes with one bit")
    func hashes() {
        #expect(hash([]) == "cbf29ce484222325")
        #expect(hash(Array("foobar".utf8)) == "85944171f73967e8")
        #expect(hash([0, 0, 1]) != hash([0, 0, 0]))
    }
}
