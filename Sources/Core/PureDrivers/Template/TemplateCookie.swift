import PlatformModel

/// What the template driver remembers: its seed, and what the `cookie` template made.
struct TemplateCookie {
    /// Hex digits; nil when no template draws random bytes.
    var seed: String?
    /// What templates see as `.cookie`.
    var value: JSON?

    init(seed: String?, value: JSON?) {
        self.seed = seed
        self.value = value
    }

    init(_ kept: JSON?) {
        seed = kept?["seed"]?.string
        value = kept?["cookie"]
    }

    /// Nil when there is nothing to remember.
    var json: JSON? {
        var members: [String: JSON] = [:]
        members["seed"] = seed.map { .string($0) }
        members["cookie"] = value
        return members.isEmpty ? nil : .object(members)
    }
}
