import EVATestSupport
import Foundation
import Torch
import TorchParallel

// What a rank does is named by the first word, and how long it waits for others by the second.
let words = CommandLine.arguments.dropFirst()
let timeout = Duration.seconds(words.dropFirst().first.flatMap { Double($0) } ?? 60)

func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

do {
    Runtime.keepMemoryBetweenSteps()
    let launch = try Launch(environment: ProcessInfo.processInfo.environment)
    let tensors = ProcessInfo.processInfo.environment["TENSOR_DEGREE"].flatMap { Int($0) } ?? 1
    let context = try ParallelContext(launch, sharding: 1, tensor: tensors, timeout: timeout)
    switch words.first {
    case "collectives":
        try CollectiveCheck(context.world).run()
        let groups = [context.dataRanks, context.replicas, context.shards, context.layerParts]
        for group in groups { try CollectiveCheck(group).run() }
        say("rank \(context.mesh.rank) groups \(groups.map(\.size)) passed")
    case "loss":
        guard let trial = LossTrial(Array(words.dropFirst(2))) else {
            fatalError("a loss of what: \(words)")
        }
        say("rank \(context.mesh.rank) \(try trial.run(context))")
    case "traffic":
        for group in [context.dataRanks, context.replicas, context.shards, context.layerParts] {
            try group.sum(inPlace: Tensor([1, 2] as [Float], shape: [2]))
        }
        for row in context.traffic.rows {
            say("\(row.group): \(row.calls) \(row.operation.rawValue) \(row.tensorBytes)")
        }
    case "late":
        // The last rank does something else than all others expect of it.
        let isLate = context.world.rank == context.world.size - 1
        context.enter(isLate ? "daydreaming" : "backward")
        if isLate { sleep(60) }
        try context.world.sum(inPlace: Tensor([1] as [Float], shape: [1]))
    case "stopped":
        context.enter("forward")
        if context.world.rank == 0 { raise(SIGSTOP) }
        try context.world.barrier()
    case "silent":
        // Waits for a message that nobody sends.
        context.enter("ring")
        let tensor = Tensor([1] as [Float], shape: [1])
        if context.world.rank == 0 { sleep(60) }
        try context.world.start(.receive(tensor, from: 0)).wait()
    case "dying":
        if context.world.rank == 1 { kill(getpid(), SIGKILL) }
        try context.world.barrier()
        sleep(60)
    default:
        fatalError("what is to be done is not said: \(words)")
    }
    try context.leave()
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}
