import EVATokenizer
import Testing

@Suite("The CLIP tokenizer")
struct CLIPTokenizerTests {
    private let tokenizer: CLIPTokenizer

    init() throws {
        tokenizer = try CLIPTokenizer.published()
    }

    // MARK: The originals' tokens

    @Test("gives the original programs' tokens for all 200 published texts")
    func published() throws {
        let cases = try TokenCase.published()
        #expect(cases.count == 200)
        let differing = TokenCase.differing(cases) {
            tokenizer.encode($0.text, contextLength: 77)
        }
        #expect(differing.map(\.text) == [])
    }

    @Test("gives the reference's tokens for 300 awkward texts of any length")
    func awkward() throws {
        let cases = try TokenCase.awkward()
        #expect(cases.count == 300)
        let differing = TokenCase.differing(cases) { tokenizer.encode($0.text) }
        #expect(differing.map(\.text) == [])
    }

    @Test("The comparison with the originals notices one wrong token")
    func comparisonNotices() throws {
        var encoded = 0
        let differing = TokenCase.differing(try TokenCase.published()) { testCase in
            encoded += 1
            var tokens = tokenizer.encode(testCase.text, contextLength: 77)
            if encoded == 100 { tokens[1] += 1 }
            return tokens
        }
        #expect(differing.count == 1)
    }

    // MARK: Length

    @Test("puts a text between the start and end tokens and fills it up with zeros")
    func filledUp() {
        #expect(
            tokenizer.encode("a photo of a cat.", contextLength: 10)
                == [49406, 320, 1125, 539, 320, 2368, 269, 49407, 0, 0])
        #expect(
            tokenizer.encode("a photo of a cat.")
                == [49406, 320, 1125, 539, 320, 2368, 269, 49407])
    }

    @Test("cuts a long text and keeps the end token", arguments: [1, 2, 3, 7, 8, 9])
    func cut(contextLength: Int) {
        let whole = tokenizer.encode("a photo of a cat.")
        let tokens = tokenizer.encode("a photo of a cat.", contextLength: contextLength)
        #expect(tokens.count == contextLength)
        if contextLength < whole.count {
            #expect(tokens == whole.prefix(contextLength - 1) + [tokenizer.endOfText])
        } else {
            #expect(tokens == whole + Array(repeating: 0, count: contextLength - whole.count))
        }
    }

    @Test("cuts a text far longer than the context as if it were encoded whole")
    func cutFar() {
        let text = String(repeating: "one more fluorescent zebra 42 ", count: 100)
        let whole = tokenizer.encode(text)
        #expect(whole.count > 500)
        #expect(
            tokenizer.encode(text, contextLength: 77) == whole.prefix(76) + [tokenizer.endOfText])
    }

    @Test("gives no tokens for a context of none, and does not trap below", arguments: [0, -1])
    func noContext(contextLength: Int) {
        #expect(tokenizer.encode("a cat", contextLength: contextLength) == [])
    }

    @Test("leaves only the two special tokens of an empty text", arguments: ["", " ", "\n\t\r\n"])
    func empty(text: String) {
        #expect(tokenizer.encode(text) == [49406, 49407])
    }

    // MARK: Special tokens

    @Test("knows its special tokens and the vocabulary's size")
    func specialTokens() {
        #expect(tokenizer.startOfText == 49406)
        #expect(tokenizer.endOfText == 49407)
        #expect(tokenizer.vocabularySize == 49408)
    }

    @Test("reads special tokens written out in a text, in any case")
    func writtenOut() {
        #expect(tokenizer.encode("<end_of_text> x") == [49406, 49407, 343, 49407])
        #expect(
            tokenizer.encode("x<START_of_text>y") == [49406, 343, 49406, 344, 49407])
    }

    @Test("takes no special token out of a run of punctuation")
    func insidePunctuation() {
        let tokens = tokenizer.encode("!<end_of_text>")
        #expect(tokens.filter { $0 >= 49406 } == [49406, 49407])
        #expect(tokens.count > 3)
    }

    // MARK: Robustness

    @Test("gives many threads the same tokens at once")
    func threads() async throws {
        let cases = try TokenCase.published()
        let tokenizer = tokenizer
        let differing = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    TokenCase.differing(cases) {
                        tokenizer.encode($0.text, contextLength: 77)
                    }.count
                }
            }
            return await group.reduce(0, +)
        }
        #expect(differing == 0)
    }

    @Test("encodes an endless word in time that does not grow with the square of its length")
    func endlessWord() {
        var word = String.UnicodeScalarView()
        for number: UInt32 in 0..<40_000 {
            let letter = 97 + (number * number + number / 7) % 26
            word.append(Unicode.Scalar(UInt8(letter)))
        }
        let clock = ContinuousClock()
        var tokens: [Int32] = []
        let duration = clock.measure { tokens = tokenizer.encode(String(word)) }
        #expect(tokens.count > 5_000)
        // The square would be 1.6e9 steps, minutes in a build without optimization.
        #expect(duration < .seconds(20))
    }
}
