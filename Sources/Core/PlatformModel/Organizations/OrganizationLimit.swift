/// What an organisation can have a limit on.
package enum OrganizationLimit: String, Sendable, Hashable, Codable, CaseIterable {
    case applications, environments, containers
    /// Thousandths of a processor, by what containers may use (`resources.limits`).
    case cpuMillis = "cpu_millis"
    /// By what containers may use.
    case memoryBytes = "memory_bytes"
    case logBytes = "log_bytes"
    case runningDeployments = "running_deployments"

    /// As commands and the configuration have it: `cpu=4`, `memory=8Gi`, `running-deployments=2`.
    package var word: String {
        switch self {
        case .applications, .environments, .containers: rawValue
        case .cpuMillis: "cpu"
        case .memoryBytes: "memory"
        case .logBytes: "logs"
        case .runningDeployments: "running-deployments"
        }
    }

    /// What is counted, in the plural, for messages.
    package var things: String {
        switch self {
        case .applications, .environments, .containers: rawValue
        case .cpuMillis: "processors"
        case .memoryBytes: "memory"
        case .logBytes: "logs"
        case .runningDeployments: "deployments at a time"
        }
    }

    /// The largest that can be set: sums of many stay within 64 bits.
    package static let most: Int64 = 1 << 53

    /// Reads an amount as people write it: `10`, `2.5` or `500m` processors, `8Gi`.
    package func amount(of text: String) -> Int64? {
        let amount: Int64? =
            switch self {
            case .cpuMillis: text == "0" ? 0 : Quantity.millis(text)
            case .memoryBytes, .logBytes: text == "0" ? 0 : Quantity.bytes(text)
            case .applications, .environments, .containers, .runningDeployments:
                text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
            }
        return amount.flatMap { $0 <= Self.most ? $0 : nil }
    }

    /// What an amount looks like.
    package var example: String {
        switch self {
        case .cpuMillis: "4, 0.5 or 250m"
        case .memoryBytes, .logBytes: "8Gi or 512Mi"
        case .applications, .environments, .containers, .runningDeployments: "10"
        }
    }

    /// An amount as people read it.
    package func text(of amount: Int64) -> String {
        switch self {
        case .cpuMillis: amount % 1000 == 0 ? "\(amount / 1000)" : "\(amount)m"
        case .memoryBytes, .logBytes: Self.bytes(amount)
        case .applications, .environments, .containers, .runningDeployments: "\(amount)"
        }
    }

    /// Exact where it is a whole number of a unit, else rounded down to a tenth.
    private static func bytes(_ amount: Int64) -> String {
        let units: [(String, Int64)] = [("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)]
        guard let (unit, size) = units.first(where: { amount >= $0.1 }) else { return "\(amount)" }
        let tenths = amount / size * 10 + amount % size * 10 / size
        return tenths % 10 == 0 ? "\(tenths / 10)\(unit)" : "\(tenths / 10).\(tenths % 10)\(unit)"
    }
}

/// The limits of one organisation; what is not there has none.
package struct OrganizationLimits: Sendable, Hashable {
    package private(set) var amounts: [OrganizationLimit: Int64]

    package init(_ amounts: [OrganizationLimit: Int64] = [:]) { self.amounts = amounts }

    /// As they are kept. One that this version does not know is another version's, and stays out.
    package init(_ document: JSON) {
        amounts = [:]
        for limit in OrganizationLimit.allCases { amounts[limit] = document[limit.rawValue]?.int.map { Int64($0) } }
    }

    package subscript(limit: OrganizationLimit) -> Int64? {
        get { amounts[limit] }
        set { amounts[limit] = newValue }
    }

    /// With no limit left out.
    package var json: JSON {
        .object(
            Dictionary(
                OrganizationLimit.allCases.map { ($0.rawValue, amounts[$0].map(JSON.int) ?? .null) },
                uniquingKeysWith: { first, _ in first }))
    }
}

/// One limit, and how much of it is used.
package struct LimitUse: Sendable, Hashable, Codable {
    package var id: OrganizationLimit
    /// nil: no limit.
    package var limit: Int64?
    /// nil: whoever counts it does not answer at the moment.
    package var used: Int64?
    /// Of a plan: what it would make of it.
    package var planned: Int64?

    package init(_ id: OrganizationLimit, limit: Int64?, used: Int64?, planned: Int64? = nil) {
        self.id = id
        self.limit = limit
        self.used = used
        self.planned = planned
    }

    /// Whether this may become so much. What is beyond its limit already, since that was lowered, may stay and shrink.
    package func allows(_ after: Int64) -> Bool {
        guard let limit else { return true }
        return after <= limit || after <= (used ?? 0)
    }

    /// Why it may not become so much; for whoever asked for it.
    package func refusal(_ after: Int64, of org: String) -> String {
        let words = limit.map { "\(id.text(of: $0)) \(id.things)" } ?? "no"
        return
            "the limit of the organization is \(words); \(used.map { id.text(of: $0) } ?? "an unknown part") of it is used, and this "
            + "would make it \(id.text(of: after)). Take something away first, or ask an appliance administrator for more "
            + "(martlet-admin org limits \(org) \(id.word)=\(id.text(of: after)))"
    }

    /// No limit is said, and not left out.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(limit, forKey: .limit)
        try container.encode(used, forKey: .used)
        try container.encodeIfPresent(planned, forKey: .planned)
    }

    private enum CodingKeys: String, CodingKey { case id, limit, used, planned }
}
