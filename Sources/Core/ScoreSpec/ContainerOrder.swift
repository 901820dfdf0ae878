import PlatformModel

/// `before`: the containers that it names wait for this one (score-spec/spec#104, and score-k8s, which makes an init container of it); no
/// circle of them could begin.
enum ContainerOrder {
    static func check(_ containers: [ScoreNode.Entry], _ problems: inout ProblemList) {
        guard containers.contains(where: { $0.value["before"] != nil }) else { return }
        let names = containers.map(\.key), known = Set(names)
        var earlier: [String: [String]] = [:]
        for container in containers {
            for entry in container.value["before"]?.entries ?? [] {
                let path = ["containers", container.key, "before", entry.key]
                if entry.key == container.key {
                    problems.add("205", path, at: entry.origin, "a container cannot come before itself")
                } else if !known.contains(entry.key) {
                    problems.add(
                        "205", path, at: entry.origin, "there is no container '\(entry.key.prefix(80))'",
                        suggestion: nearestName(to: entry.key, among: names.prefix(500).filter { $0 != container.key }))
                } else {
                    earlier[entry.key, default: []].append(container.key)
                }
            }
        }
        guard let cycle = cycle(in: earlier), let first = containers.first(where: { $0.key == cycle[0] }) else { return }
        let shown = cycle.count > 20 ? cycle.prefix(20) + ["..."] : cycle[...]
        problems.add(
            "205", ["containers", first.key, "before"], at: first.value["before"]?.origin ?? first.origin,
            "the containers wait for each other: \((shown + [cycle[0]]).joined(separator: " after "))")
    }

    /// The members of one cycle, in order, beginning with the least. In linear time but for the sorting.
    private static func cycle(in earlier: [String: [String]]) -> [String]? {
        var done: Set<String> = [], depths: [String: Int] = [:]
        for start in earlier.keys.sorted() where !done.contains(start) {
            var stack = [(start, earlier[start, default: []].sorted()[...])]
            depths[start] = 0
            while let (name, rest) = stack.last {
                guard let next = rest.first else {
                    done.insert(name)
                    depths[name] = nil
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].1 = rest.dropFirst()
                if let depth = depths[next] {
                    let members = stack[depth...].map(\.0)
                    let least = members.indices.min { members[$0] < members[$1] } ?? 0
                    return Array(members[least...] + members[..<least])
                }
                if !done.contains(next) {
                    depths[next] = stack.count
                    stack.append((next, earlier[next, default: []].sorted()[...]))
                }
            }
        }
        return nil
    }
}
