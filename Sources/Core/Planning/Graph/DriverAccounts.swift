import PlatformModel

extension GraphBuilder {
    /// Definitions that name each other's accounts in a circle are cut off here; the circle itself is reported by `sorted`.
    private static let accountDepth = 20

    /// The account that a resource's driver works with: what its definition names, be it by `${resources.X.account}`.
    func account(of identity: ResourceIdentity) -> String? { account(of: identity, depth: 0) }

    private func account(of identity: ResourceIdentity, depth: Int) -> String? {
        guard depth < Self.accountDepth, let number = numbers[identity],
            let written = drafts[number].match?.definition.driverAccount, !written.isEmpty
        else { return nil }
        guard let placeholder = (try? PlaceholderText(written))?.single else { return written }
        switch try? grammar.target(of: placeholder, from: .definition(identity)) {
        case .account(let other): return account(of: other, depth: depth + 1)
        case .context(let field): return context.field(field, own: identity)
        default: return written
        }
    }

    /// Accounts that definitions name and the organisation does not have.
    mutating func checkAccounts() {
        guard let accounts else { return }
        var told: Set<String> = []
        for draft in drafts {
            guard let definition = draft.match?.definition, let id = account(of: draft.identity), accounts[id] == nil,
                told.insert("\(definition.id) \(id)").inserted
            else { continue }
            problems.append(
                Problem(
                    code: "PLAN-115", path: "definition '\(definition.id)' driver_account",
                    message: "there is no account '\(id.prefix(80))', which \(draft.identity) is to be made with; "
                        + "an administrator makes one ('martlet account create')",
                    suggestion: nearestName(to: id, among: accounts.keys.sorted())))
        }
    }
}
