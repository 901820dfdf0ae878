/// What one action of a plan would do to the single things of a real system, as the resource's driver says before it is carried out.
/// Names and actions, and no values: there is nothing in it to be hidden but what somebody made part of a name.
package struct PlannedEffects: Sendable, Hashable, Codable {
    package enum Action: String, Sendable, Hashable, Codable, CaseIterable {
        case create, update, replace, delete
        /// What stands already is taken on record.
        case `import`
        /// It is on record under another name.
        case move
        /// It stays, and is on record no more.
        case forget
    }

    /// One thing: `aws_s3_bucket.it`, `database shop_dev_db`.
    package struct Effect: Sendable, Hashable, Codable {
        package var object: String
        package var action: Action

        /// Long names are cut.
        package init(_ object: String, _ action: Action) {
            self.object = String(object.prefix(PlannedEffects.longestName))
            self.action = action
        }
    }

    /// False: nothing can be said; `reason` says why.
    package var isKnown: Bool
    /// How many things; also of those that `effects` has no room for.
    package var create = 0
    package var update = 0
    package var replace = 0
    package var delete = 0
    /// In the driver's order, at most `limit`.
    package var effects: [Effect] = []
    /// Without secrets.
    package var reason: String?
    /// Stable, of what keeps it from being known: `DRV-nnn`, `RUN-nnn`.
    package var code: String?

    package static let limit = 100
    package static let longestReason = 2000
    fileprivate static let longestName = 300

    /// Nothing at all, unless effects are added.
    package init(_ effects: [Effect] = []) {
        isKnown = true
        for effect in effects { add(effect) }
    }

    package static func unknown(_ reason: String, code: String? = nil) -> PlannedEffects {
        var effects = PlannedEffects()
        effects.isKnown = false
        effects.reason = String(reason.prefix(longestReason))
        effects.code = code
        return effects
    }

    package mutating func add(_ effect: Effect) {
        switch effect.action {
        case .create: create += 1
        case .update: update += 1
        case .replace: replace += 1
        case .delete: delete += 1
        case .import, .move, .forget: break
        }
        if effects.count < Self.limit { effects.append(effect) }
    }

    /// What is done first, and then these; not known where one of both is not.
    package func followed(by next: PlannedEffects) -> PlannedEffects {
        guard isKnown else { return self }
        guard next.isKnown else { return next }
        var all = self
        all.create += next.create
        all.update += next.update
        all.replace += next.replace
        all.delete += next.delete
        all.effects = Array((effects + next.effects).prefix(Self.limit))
        return all
    }

    /// With every text that people see changed.
    package func mapTexts(_ change: (String) -> String) -> PlannedEffects {
        var all = self
        all.effects = effects.map { Effect(change($0.object), $0.action) }
        all.reason = reason.map(change)
        return all
    }

    private enum CodingKeys: String, CodingKey {
        case create, update, replace, delete, effects, reason, code
        case isKnown = "known"
    }
}

/// The action of a plan whose effects a driver is asked for.
package enum ForeseenAction: String, Sendable, Hashable, Codable, CaseIterable {
    /// The resource is made, or becomes what it is meant to be, from what stands.
    case provision
    /// It is made after all of it was destroyed: whatever is on record of it is gone by then.
    case anew
    case destroy
}
