/// Whether an account may be used, by what its entry says.
package enum AccountState {
    /// What is asked for: of Active Directory, of OpenLDAP's password policy, of shadow accounts, of 389 Directory Server, of eDirectory.
    package static let attributes = [
        "userAccountControl", "accountExpires", "pwdAccountLockedTime", "shadowExpire", "nsAccountLock", "loginDisabled",
    ]

    /// Why the account is disabled; nil when nothing says so.
    ///
    /// - Parameters:
    ///   - attributes: By lower-case name.
    ///   - now: Seconds since 1970.
    package static func whyDisabled(_ attributes: [String: [String]], now: Int64) -> String? {
        func number(_ name: String) -> Int64? { attributes[name]?.first.flatMap { Int64($0) } }
        // ADS_UF_ACCOUNTDISABLE
        if let flags = number("useraccountcontrol"), flags & 2 != 0 { return "userAccountControl says disabled" }
        // Intervals of 100 ns since 1601; both ends mean never.
        if let expires = number("accountexpires"), expires > 0, expires < Int64.max,
            expires / 10_000_000 - 11_644_473_600 <= now
        {
            return "accountExpires has passed"
        }
        // This value alone is an administrator's (slapo-ppolicy). Any other is a lock after wrong passwords, which ends by itself, and
        // which anybody could cause: the server refuses the sign-in, and sessions go on.
        if attributes["pwdaccountlockedtime"]?.contains("000001010000Z") == true { return "pwdAccountLockedTime says for good" }
        // Days since 1970, as pam_unix reads it.
        if let day = number("shadowexpire"), day >= 0, now / 86_400 >= day { return "shadowExpire has passed" }
        for name in ["nsaccountlock", "logindisabled"] where attributes[name]?.first?.lowercased() == "true" {
            return "\(name == "nsaccountlock" ? "nsAccountLock" : "loginDisabled") is true"
        }
        return nil
    }
}
