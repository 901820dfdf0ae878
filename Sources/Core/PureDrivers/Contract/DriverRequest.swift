import PlatformModel

/// One resource, as a driver is asked for it.
package struct DriverRequest: Sendable, Hashable {
    /// `deployment/node/verb/try`: the idempotency key, and the mark that is left in the real system.
    package var key: String
    package var environment: EnvironmentContext
    package var identity: ResourceIdentity
    /// 40 hex digits, permanent: the same in every deployment of this resource.
    package var guResID: String
    /// The resource's inputs, from the Score file; an object.
    package var params: JSON
    /// `driver_inputs.values` of the definition with its placeholders resolved; an object.
    package var values: JSON
    /// `driver_inputs.secret_refs` resolved, an object: plaintext, which lives for this call and is kept nowhere.
    package var secrets: JSON
    /// The credentials of the definition's `driver_account`; nil where it names none. Plaintext, as `secrets`.
    package var account: JSON?
    /// What `provision` returned last time; nil the first time.
    package var cookie: JSON?
    /// Somebody said that `destroy` may take data along.
    package var mayLoseData: Bool
    /// What was kept of what `provision` answered last, for `plan` to compare with: outputs, secret outputs, manifests. Nil when nothing
    /// is on record; `provision`, `destroy` and `find` never have it.
    package var last: DriverResult?

    package init(
        key: String, environment: EnvironmentContext, identity: ResourceIdentity, guResID: String, params: JSON = [:],
        values: JSON = [:], secrets: JSON = [:], account: JSON? = nil, cookie: JSON? = nil, mayLoseData: Bool = false,
        last: DriverResult? = nil
    ) {
        self.key = key
        self.environment = environment
        self.identity = identity
        self.guResID = guResID
        self.params = params
        self.values = values
        self.secrets = secrets
        self.account = account
        self.cookie = cookie
        self.mayLoseData = mayLoseData
        self.last = last
    }
}

extension DriverRequest {
    /// What drivers that know accounts are given as `driver`: the account is among the secrets, as the reference has it.
    package var driverInputs: JSON {
        guard let account, var members = secrets.object else { return ["values": values, "secrets": secrets] }
        members["account"] = members["account"] ?? account
        return ["values": values, "secrets": .object(members)]
    }
}

extension DriverRequest: CustomStringConvertible {
    /// Names the resource and none of its inputs, so that a request in a log line or an error cannot show a secret.
    package var description: String { "\(identity.type).\(identity.class)#\(identity.id) (\(key))" }
}
