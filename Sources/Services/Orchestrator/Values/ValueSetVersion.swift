import PlatformModel

/// One version of an application's shared values, as one environment, or the application, sees it.
struct ValueSetVersion: Sendable, Hashable {
    /// How it came to be, as the contract says it after `app_` or `env_`.
    enum Cause: String, Sendable {
        case create = "value_create"
        case update = "value_update"
        case delete = "value_delete"
        case deleteAll = "values_delete"
        case restore = "value_set_version_restore"
        case purge = "value_set_version_purge"
    }

    /// What became of one key.
    struct Change: Sendable, Hashable, Codable {
        enum Operation: String, Sendable, Codable { case add, replace, remove }
        var op: Operation
        var key: String
        /// The content that the key has since; nil where it was removed.
        var item: String?
    }

    var id: String
    /// The level that changed.
    var level: ValueLevel
    /// Key -> id of a content: the application's own, and the overrides of the environment that looks.
    var applicationItems: [String: String]
    var environmentItems: [String: String]
    var changes: [Change]
    var resultOf: String
    var comment: String
    var sourceID: String?
    var createdAt: Timestamp
    var createdBy: String
    var updatedAt: Timestamp

    /// The one that means the newest (contract).
    static let newestID = "00000000-0000-0000-0000-000000000000"

    func items(of level: ValueLevel) -> [String: String] { level == .application ? applicationItems : environmentItems }

    /// What the environment has: its overrides before the application's own.
    var merged: [String: String] { applicationItems.merging(environmentItems) { _, override in override } }

    /// What turns one set into another.
    static func changes(from old: [String: String], to new: [String: String]) -> [Change] {
        Set(old.keys).union(new.keys).sorted().compactMap { key in
            switch (old[key], new[key]) {
            case (nil, let item?): Change(op: .add, key: key, item: item)
            case (_?, nil): Change(op: .remove, key: key)
            case (let before?, let item?): before == item ? nil : Change(op: .replace, key: key, item: item)
            case (nil, nil): nil
            }
        }
    }

    /// An id as the contract has it: a UUID (RFC 9562) of 32 hex digits.
    static func identifier(_ digits: String) -> String {
        let digits = Array(digits.utf8.prefix(32))
        var out: [UInt8] = []
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { out.append(UInt8(ascii: "-")) }
            out.append(index == 12 ? UInt8(ascii: "4") : index == 16 ? UInt8(ascii: "a") : digit)
        }
        return String(decoding: out, as: UTF8.self)
    }
}
