/// A group of any kind whose collectives are counted, and those of the groups split off it.
package struct MeteredGroup: ProcessGroup {
    /// Where they are counted.
    package let traffic: Traffic
    private let group: any ProcessGroup
    private let name: String

    /// - Parameters:
    ///   - name: under which the group is counted.
    package init(_ group: any ProcessGroup, name: String, traffic: Traffic) {
        self.group = group
        self.name = name
        self.traffic = traffic
    }

    package var rank: Int { group.rank }
    package var size: Int { group.size }

    package func start(_ collective: Collective) throws -> PendingCollective {
        traffic.note(collective, in: name, ofSize: size)
        return try group.start(collective)
    }

    package func split(color: Int, name: String) throws -> any ProcessGroup {
        MeteredGroup(
            try group.split(color: color, name: name), name: name, traffic: traffic)
    }
}
