import Testing

@testable import EVATensorFiles

@Suite("HostTensor")
struct HostTensorTests {
    @Test("Every half-precision number becomes the single that Swift makes of it")
    func halves() throws {
        let tensor = HostTensor(
            elementType: .float16, shape: [65536],
            bytes: (0..<65536).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
        let floats = try tensor.floats()
        for bits in UInt16.min ... .max {
            let expected = Float(Float16(bitPattern: bits))
            let got = floats[Int(bits)]
            #expect(got.bitPattern == expected.bitPattern || got.isNaN && expected.isNaN)
        }
    }

    @Test("bfloat16 and double precision become singles")
    func otherFloats() throws {
        let brain = HostTensor(
            elementType: .bfloat16, shape: [2], bytes: [0x80, 0x3F, 0x49, 0xC0])
        #expect(try brain.floats() == [1, -3.140625])
        #expect(try HostTensor([0.1, 2] as [Double], shape: [2]).floats() == [0.1, 2])
    }

    @Test("Elements are given in their own type only")
    func values() throws {
        let tensor = HostTensor([1, 2] as [Int32], shape: [2, 1])
        #expect(try tensor.values() == [Int32](arrayLiteral: 1, 2))
        #expect(try tensorFileError { _ = try tensor.values(as: Int64.self) }.code == .wrongType)
        #expect(try tensorFileError { _ = try tensor.floats() }.code == .wrongType)
    }

    @Test("A tensor can be filled in place")
    func filled() throws {
        let tensor = HostTensor(elementType: .uint8, shape: [2, 2]) { bytes in
            for index in bytes.indices { bytes[index] = UInt8(index) }
        }
        #expect(try tensor.values() == [UInt8](arrayLiteral: 0, 1, 2, 3))
        #expect(tensor.elementCount == 4)
    }
}
