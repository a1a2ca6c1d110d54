package import Torch
package import TorchParallel

/// What every kind of group has to do, on the side of one rank.
package struct CollectiveCheck {
    private let group: any ProcessGroup
    private let device: Device

    /// What a rank got instead of what it should have.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// - Parameter device: where the tensors lie.
    package init(_ group: any ProcessGroup, device: Device = .cpu) {
        self.group = group
        self.device = device
    }

    /// Goes through all collectives.
    ///
    /// - Throws: `Failure` for the first wrong value, and what the group throws.
    package func run() throws {
        try sums()
        try halfPrecisionSums()
        try stridedSum()
        try gathers()
        try broadcasts()
        try ring()
        try overlapping()
        try parts()
        try gradients()
        try group.barrier()
        // Numbers of the host go round whatever the tensors' device.
        guard try group.gather(group.rank) == Array(ranks) else {
            throw Failure(description: "rank \(group.rank): gather of numbers")
        }
    }

    private func tensor(_ values: [Float], _ shape: [Int]) -> Tensor {
        Tensor(values, shape: shape).moved(to: device)
    }

    private var ranks: Range<Int> { 0..<group.size }

    private func expect(_ actual: [Float], _ expected: [Float], _ what: String) throws {
        guard actual == expected else {
            throw Failure(
                description: "rank \(group.rank) of \(group.size): \(what): expected "
                    + "\(expected.prefix(12)), got \(actual.prefix(12))")
        }
    }

    private func sums() throws {
        for round in 0..<20 {
            let values = (0..<5).map { Float(group.rank * 10 + $0 + round) }
            let expected = (0..<5).map { place in
                ranks.map { Float($0 * 10 + place + round) }.reduce(0, +)
            }
            let tensor = self.tensor(values, [5])
            try group.sum(inPlace: tensor)
            try expect(tensor.floats(), expected, "sum")
            let whole = ranks.flatMap { part in values.map { $0 + Float(part) } }
            let slice = try group.sumScatter(self.tensor(whole, [group.size, 5]))
            try expect(
                slice.floats(), expected.map { $0 + Float(group.rank * group.size) },
                "scattered sum")
        }
        // Beyond the integers that fp32 holds.
        let large = Tensor([Int64(1) << 40 + Int64(group.rank)], shape: [1]).moved(to: device)
        try group.sum(inPlace: large)
        guard large.integers() == [ranks.map { 1 << 40 + $0 }.reduce(0, +)] else {
            throw Failure(description: "rank \(group.rank): sum of integers: \(large.integers())")
        }
    }

    /// Addend for addend, 16 bits would lose every one but the first.
    private func halfPrecisionSums() throws {
        for (dtype, first) in [(DType.bfloat16, Float(256)), (.float16, 2048)] {
            let value = group.rank == 0 ? first : 1
            let expected = self.tensor([first + Float(group.size - 1)], [1]).cast(to: dtype)
            let tensor = self.tensor([value], [1]).cast(to: dtype)
            try group.sum(inPlace: tensor)
            try expect(tensor.floats(), expected.floats(), "sum in \(dtype)")
            let row = Tensor.full([group.size, 1], Double(value), dtype: dtype, device: device)
            let slice = try group.sumScatter(row)
            guard slice.dtype == dtype else { throw Failure(description: "got \(slice)") }
            try expect(slice.floats(), expected.floats(), "scattered sum in \(dtype)")
        }
    }

    private func stridedSum() throws {
        let tensor = self.tensor((0..<6).map { Float($0) }, [2, 3]).transposed(0, 1)
        let expected = tensor.floats().map { $0 * Float(group.size) }
        try group.sum(inPlace: tensor)
        try expect(tensor.floats(), expected, "sum of a tensor with strides")
    }

    private func gathers() throws {
        for dtype in [DType.float32, .bfloat16, .float16, .int64, .uint8] {
            let start = group.rank * 4
            let part = self.tensor((start..<start + 4).map { Float($0) }, [2, 2])
            let whole = try group.gather(part.cast(to: dtype))
            guard whole.shape == [2 * group.size, 2], whole.dtype == dtype else {
                throw Failure(description: "gathered \(part), got \(whole)")
            }
            try expect(
                whole.floats(), (0..<4 * group.size).map { Float($0) }, "gather of \(dtype)")
        }
    }

    private func broadcasts() throws {
        for root in ranks {
            let tensor = self.tensor([Float(group.rank), 7], [2])
            try group.broadcast(inPlace: tensor, from: root)
            try expect(tensor.floats(), [Float(root), 7], "broadcast from \(root)")
        }
    }

    /// Every rank sees every rank's tensor pass by.
    private func ring() throws {
        guard group.size > 1 else { return }
        var passing = self.tensor([Float(group.rank)], [1])
        for step in 1...group.size {
            passing = try group.exchange(
                passing, to: (group.rank + 1) % group.size,
                from: (group.rank + group.size - 1) % group.size)
            let origin = (group.rank + group.size - step % group.size) % group.size
            try expect(passing.floats(), [Float(origin)], "ring after \(step) steps")
        }
    }

    /// Many that are under way at once, waited for in another order than they were begun.
    private func overlapping() throws {
        let tensors = (0..<16).map { index in
            self.tensor(
                Array(repeating: Float(group.rank + index), count: 1000 * index + 1),
                [1000 * index + 1])
        }
        let pending = try tensors.map { try group.startSum(inPlace: $0) }
        for index in tensors.indices.reversed() {
            try pending[index].wait()
            let expected = ranks.map { Float($0 + index) }.reduce(0, +)
            try expect(
                tensors[index].floats(), Array(repeating: expected, count: 1000 * index + 1),
                "sum \(index) of many")
        }
    }

    /// Ranks of equal parity, then the whole group again.
    private func parts() throws {
        let part = try group.split(color: group.rank % 2, name: "parity")
        let members = ranks.filter { $0 % 2 == group.rank % 2 }
        if group.size > 1 {
            guard part.size == members.count, members[part.rank] == group.rank else {
                throw Failure(description: "rank \(group.rank) is \(part.rank) of \(part.size)")
            }
            try expect(
                try part.gather(self.tensor([Float(group.rank)], [1])).floats(),
                members.map { Float($0) }, "gather of a part")
        }
        let tensor = self.tensor([1], [1])
        try group.sum(inPlace: tensor)
        try expect(tensor.floats(), [Float(group.size)], "sum after a split")
    }

    /// The gradient of what is gathered is the sum of the slices of all ranks' gradients.
    private func gradients() throws {
        let part = self.tensor([Float(group.rank + 1)], [1])
        part.requiresGradient = true
        let whole = try gatheredWithGradient(part, over: group)
        // Rank r weighs all entries by r + 1.
        (whole.sum() * Double(group.rank + 1)).backward()
        let expected = ranks.map { Float($0 + 1) }.reduce(0, +)
        try expect(part.gradient?.floats() ?? [], [expected], "gradient of a gather")
    }
}
