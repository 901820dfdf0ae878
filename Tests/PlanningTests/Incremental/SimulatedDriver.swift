import PlatformModel

/// What a driver would give: outputs that differ whenever the inputs, the definition or the resource do.
enum SimulatedDriver {
    /// `x` is plain, `s` a secret.
    static func outputs(_ identity: ResourceIdentity, _ definitionID: String, _ inputs: JSON) -> JSON {
        let mark = fingerprint("\(identity) \(definitionID) \(inputs.canonical)")
        return [
            "x": .string("x\(mark)"), "n": .int(Int64(mark.count)), "s": .string("<s/\(mark)>"), "o": ["y": .string("y\(mark)")],
        ]
    }

    /// FNV-1a.
    private static func fingerprint(_ text: String) -> String {
        String(text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }, radix: 36)
    }
}
