import Drivers
import Glibc
import PlatformModel
import PureDrivers
import TestSupport
import Testing

/// Terraform's AWS provider against moto. It takes a minute of processor time, so it runs where it is asked for: `scripts/cloud-test`.
@Suite(.timeLimit(.minutes(15)), .enabled(if: getenv("MARTLET_CLOUD") != nil, "scripts/cloud-test runs it"))
struct CloudTests {
    private static let script = """
        terraform {
          required_providers { aws = { source = "hashicorp/aws" } }
        }
        variable "endpoint" { type = string }
        variable "owner" { type = string }
        provider "aws" {
          region                      = "eu-central-1"
          s3_use_path_style           = true
          skip_credentials_validation = true
          skip_metadata_api_check     = true
          skip_requesting_account_id  = true
          endpoints { s3 = var.endpoint }
        }
        resource "aws_s3_bucket" "it" {
          bucket = "martlet-test"
          tags   = { owner = var.owner }
        }
        output "bucket" { value = aws_s3_bucket.it.bucket }

        """

    private func request(_ cloud: MotoCloud, owner: String, cookie: JSON? = nil) -> DriverRequest {
        DriverBench.request(
            values: [
                "script": .string(Self.script), "network": true,
                "variables": ["endpoint": .string(cloud.endpoint), "owner": .string(owner)],
                "credentials_config": ["environment": ["AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key"]],
            ], secrets: ["credentials": ["id": "AKIAMARTLETTEST", "key": "a-key-that-nobody-sees"]], cookie: cookie)
    }

    private func isUpdate(_ plan: DriverPlan) -> Bool {
        guard case .update(let changes) = plan else { return false }
        return changes.map(\.path) == ["aws_s3_bucket.it"]
    }

    @Test func aBucketLives() async throws {
        try #require(MotoCloud.missing.isEmpty, "missing here: \(MotoCloud.missing.joined(separator: "; "))")
        var resource = try await TerraformResource()
        resource.settings.mayReachOutside = true
        resource.settings.providerMirror = MotoCloud.mirror
        resource.settings.usesRegistry = false
        resource.settings.wallSeconds = 300
        let cloud = try await MotoCloud(), bench = DriverBench(), driver = resource.driver()
        let first = request(cloud, owner: "ann")

        let effects = try await driver.effects(of: .provision, first, bench.looking)
        #expect(effects == PlannedEffects([.init("aws_s3_bucket.it", .create)]))
        #expect(try await cloud.status("GET", "/martlet-test") == 404, "nothing was made")

        let made = try await driver.provision(first, bench.context)
        #expect(made.values == ["bucket": "martlet-test"])
        #expect(try await cloud.status("GET", "/martlet-test") == 200)
        #expect(try await cloud.body("/martlet-test?tagging").contains("<Value>ann</Value>"))
        // The provider that made it is on record.
        #expect(made.cookie?["lock"]?["text"]?.string?.contains(MotoCloud.provider) == true, "\(made.cookie ?? .null)")

        let second = request(cloud, owner: "bob", cookie: made.cookie)
        let changed = try await driver.provision(second, bench.context)
        #expect(try await cloud.body("/martlet-test?tagging").contains("<Value>bob</Value>"))
        #expect(try await driver.plan(second, bench.looking) == .none)

        // Behind our back.
        #expect(try await cloud.status("DELETE", "/martlet-test?tagging") == 204)
        #expect(isUpdate(try await driver.plan(second, bench.looking)))
        _ = try await driver.provision(second, bench.context)
        #expect(try await cloud.body("/martlet-test?tagging").contains("<Value>bob</Value>"))

        try await driver.destroy(request(cloud, owner: "bob", cookie: changed.cookie), bench.context)
        #expect(try await cloud.status("GET", "/martlet-test") == 404)
        #expect(resource.states.state == nil && !resource.states.isLocked)
        #expect(!bench.lines.joined().contains("a-key-that-nobody-sees"))
    }
}
