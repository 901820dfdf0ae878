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

    /// Accounts that definitions name and the organisation does not have, and those that the driver does not take: an account, or the
    /// driver, may have come after the definition.
    mutating func checkAccounts() {
        guard let known = accounts else { return }
        var told: Set<String> = []
        for draft in drafts {
            guard let definition = draft.match?.definition, let id = account(of: draft.identity),
                told.insert("\(definition.id) \(id)").inserted
            else { continue }
            let path = "definition '\(definition.id)' driver_account"
            guard let account = known.accounts[id] else {
                problems.append(
                    Problem(
                        code: "PLAN-115", path: path,
                        message: "there is no account '\(id.prefix(80))', which \(draft.identity) is to be made with; "
                            + "an administrator makes one ('martlet account create')",
                        suggestion: nearestName(to: id, among: known.accounts.keys.sorted())))
                continue
            }
            guard let taken = known.typesTaken[definition.driverType], !taken.contains(account.type) else { continue }
            let fitting = known.accounts.filter { taken.contains($0.value.type) }.keys.min()
            problems.append(
                Problem(
                    code: "PLAN-118", path: path,
                    message:
                        "\(draft.identity) is to be made with the account '\(id)' of the type '\(account.type)', which the driver "
                        + "'\(definition.driverType)' does not take; it takes: \(taken.joined(separator: ", "))",
                    suggestion: fitting))
        }
    }
}
