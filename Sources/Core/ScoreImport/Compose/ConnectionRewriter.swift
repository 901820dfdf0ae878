import PlatformModel

/// Finds where the variables of a service lead to a server that becomes a resource, and puts the resource's outputs there.
struct ConnectionRewriter {
    let backings: [Backing]
    /// Backings that a text of this workload led to, and the variable that did.
    private(set) var found: [(backing: Backing, variable: String)] = []
    /// Host -> the backings that have it.
    private let byHost: [String: [Int]]

    /// Enough to know which variables stand beside which.
    private static let mostFound = 200

    init(_ backings: [Backing]) {
        self.backings = backings
        var byHost: [String: [Int]] = [:]
        for (index, backing) in backings.enumerated() { for host in backing.hosts { byHost[host, default: []].append(index) } }
        self.byHost = byHost
    }

    /// The addresses in one variable's text.
    mutating func rewrite(_ template: ScoreTemplate, variable: String, _ draft: inout WorkloadDraft) -> ScoreTemplate {
        guard !backings.isEmpty, template.marked.utf8.count < 10_000 else { return template }
        var text = Array(template.marked.utf8)
        for backing in candidates(text) {
            var outputs = ConnectionOutputs(backing: backing)
            let rewritten =
                outputs.url(text) ?? outputs.tcp(text) ?? outputs.pairs(text) ?? outputs.hosts(text, variable: variable)
            guard let rewritten else { continue }
            text = outputs.named(Self.declare(backing, in: &draft), in: rewritten)
            if found.count < Self.mostFound { found.append((backing, variable)) }
        }
        return ScoreTemplate(marked: String(decoding: text, as: UTF8.self))
    }

    /// The backings whose hosts occur in a text as whole names.
    private func candidates(_ text: [UInt8]) -> [Backing] {
        let names = text.split { !(0x30...0x39).contains($0) && !(0x41...0x5a).contains($0 & 0xdf) && !"._-".utf8.contains($0) }
        let indices = Set(names.flatMap { byHost[String(decoding: $0, as: UTF8.self)] ?? [] })
        return indices.sorted().map { backings[$0] }
    }

    /// A variable beside one that holds a host: its value is a port, a user, a password or a database's name of that server.
    func companion(_ template: ScoreTemplate, variable: String, _ draft: inout WorkloadDraft) -> ScoreTemplate? {
        let words = Set(variable.uppercased().split { !$0.isLetter && !$0.isNumber }.map(String.init))
        let value = template.marked
        var best: (rank: Int, backing: Backing, output: String)?
        for (backing, origin) in found {
            guard let output = Self.output(of: backing, words: words, value: value) else { continue }
            let rank = zip(variable.utf8, origin.utf8).prefix { $0 == $1 }.count
            if rank > (best?.rank ?? -1) { best = (rank, backing, output) }
        }
        guard let best else { return nil }
        return ScoreTemplate(marked: ScoreTemplate.mark(resource: Self.declare(best.backing, in: &draft), output: best.output))
    }

    /// Notes that a service needs a server, though no text of it says so.
    mutating func need(_ backing: Backing, _ draft: inout WorkloadDraft) {
        if !found.contains(where: { $0.backing.service == backing.service }) { found.append((backing, "")) }
        _ = Self.declare(backing, in: &draft)
    }

    static func declare(_ backing: Backing, in draft: inout WorkloadDraft) -> String {
        draft.resource(backing.service, ["type": .string(backing.image.type)], sharing: backing.sharingKey)
    }

    private static func output(of backing: Backing, words: Set<String>, value: String) -> String? {
        func has(_ names: String...) -> Bool { !words.isDisjoint(with: names) }
        if has("PORT"), value == String(backing.image.port) { return "port" }
        if has("PASSWORD", "PASS", "PASSWD", "PWD", "SECRET"), backing.passwords.contains(value) { return "password" }
        if has("USER", "USERNAME", "USR", "LOGIN"), backing.users.contains(value) { return "username" }
        if has("NAME", "DATABASE", "DB", "DBNAME", "SCHEMA", "VHOST"), !has("USER", "USERNAME"), backing.databases.contains(value)
        {
            return backing.image.path
        }
        return nil
    }
}
