import PlatformModel

extension GraphBuilder {
    /// Definitions that name each other's accounts in a circle are cut off here; the circle itself is reported by `sorted`.
    private static let accountDepth = 20

    /// The account that a resource's driver works with: what its definition names, be it by `${resources.X.account}`.
    func account(of identity: ResourceIdentity) -> String? { account(of: identity, depth: 0) }

    private func account(of identity: ResourceIdentity, depth: Int) -> String? {
        guard depth < Self.accountDepth, let number = numbers[identity],
            let written = drafts[number].match?.definition.driverAccount
        else { return nil }
        guard let placeholder = (try? PlaceholderText(written))?.single else { return written }
        switch try? grammar.target(of: placeholder, from: .definition(identity)) {
        case .account(let other): return account(of: other, depth: depth + 1)
        case .context(let field): return context.field(field, own: identity)
        default: return written
        }
    }
}
