import PlatformModel
import Testing

@Suite struct OrganizationLimitTests {
    @Test func amountsAreReadAsPeopleWriteThem() {
        #expect(OrganizationLimit.cpuMillis.amount(of: "4") == 4000)
        #expect(OrganizationLimit.cpuMillis.amount(of: "250m") == 250)
        #expect(OrganizationLimit.cpuMillis.amount(of: "0.5") == 500)
        #expect(OrganizationLimit.memoryBytes.amount(of: "8Gi") == 8 << 30)
        #expect(OrganizationLimit.logBytes.amount(of: "512Mi") == 512 << 20)
        #expect(OrganizationLimit.applications.amount(of: "10") == 10)
        for limit in OrganizationLimit.allCases {
            #expect(limit.amount(of: "0") == 0, "\(limit)")
            for wrong in ["", "-1", "x", "1e3", "99999999999999999999", " 1", "9007199254740993"] {
                #expect(limit.amount(of: wrong) == nil, "\(limit) \(wrong)")
            }
            #expect(limit.amount(of: limit.text(of: 7 << 30)) == 7 << 30, "\(limit)")
        }
        #expect(OrganizationLimit.applications.amount(of: "1Gi") == nil)
    }

    @Test func amountsAreShownAsPeopleReadThem() {
        #expect(OrganizationLimit.cpuMillis.text(of: 2000) == "2")
        #expect(OrganizationLimit.cpuMillis.text(of: 2250) == "2250m")
        #expect(OrganizationLimit.memoryBytes.text(of: 1536 << 20) == "1.5Gi")
        #expect(OrganizationLimit.memoryBytes.text(of: 1000) == "1000")
        #expect(OrganizationLimit.logBytes.text(of: (8 << 30) + 1) == "8Gi")
    }

    /// What is beyond a limit that was lowered may stay and shrink, and not grow.
    @Test func whatALimitAllows() {
        let open = LimitUse(.containers, limit: nil, used: 5)
        #expect(open.allows(.max))
        let use = LimitUse(.containers, limit: 10, used: 8)
        #expect(use.allows(8) && use.allows(10) && !use.allows(11) && use.allows(0))
        let beyond = LimitUse(.containers, limit: 10, used: 12)
        #expect(beyond.allows(12) && beyond.allows(11) && !beyond.allows(13))
        #expect(LimitUse(.containers, limit: 0, used: nil).allows(0) && !LimitUse(.containers, limit: 0, used: nil).allows(1))
    }

    @Test func aRefusalNamesTheLimitTheUseAndWhoCanRaiseIt() {
        let text = LimitUse(.memoryBytes, limit: 1 << 30, used: 512 << 20).refusal(2 << 30, of: "acme")
        for part in ["1Gi memory", "512Mi of it is used", "make it 2Gi", "martlet-admin org limits acme memory=2Gi"] {
            #expect(text.contains(part), "\(text)")
        }
    }

    @Test func unknownLimitsAreAnotherVersions() {
        let limits = OrganizationLimits(["applications": 3, "cpu_millis": nil, "moons": 1, "containers": "4"])
        #expect(limits == OrganizationLimits([.applications: 3]))
        #expect(limits.json["applications"] == 3 && limits.json["log_bytes"] == .null)
        #expect(limits.json.object?.count == OrganizationLimit.allCases.count)
        #expect(OrganizationLimits(limits.json) == limits)
    }
}
