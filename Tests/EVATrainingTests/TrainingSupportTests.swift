import EVAData
import EVAConfiguration
import EVATraining
import Testing

@Suite struct TrainingSupportTests {
    @Test(
        "One of several processes does not start, and a process of its own does",
        arguments: ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"])
    func refused(variable: String) {
        let refusal = TrainingSupport.refusal(environment: [variable: "8"])
        #expect(refusal?.contains("8 processes (\(variable))") == true)
        #expect(TrainingSupport.refusal(environment: [variable: "1"]) == nil)
        #expect(TrainingSupport.refusal(environment: [:]) == nil)
    }

    @Test(
        "The words of a data set are sorted as they are opened",
        arguments: ["a.csv", "A.TSV", "a.json", "tensors:a.csv", "shapes", "a.tar", "a.txt"])
    func dataKinds(word: String) {
        #expect((DataKind(word) == .table) == (TableSource.accepts(word) && !word.contains(":")))
    }

    @Test("Addresses keep their colons and say what they are by their path")
    func addresses() {
        var data = TrainingDataConfiguration()
        let words = [
            "http://[::1]:80/0.tar", "https://u@[fe80::1]/1.tgz?sig=.csv", "s3://b/{0..9}.tar",
            "shapes", "https://h/list.txt",
        ]
        data.task = "::" + words.joined(separator: "::")
        #expect(data.words == words)
        #expect(data.kinds == [.shards, .shards, .shards, .shapes, .list])
    }
}
