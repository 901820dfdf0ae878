import Drivers
import Glibc
import PlatformModel
import PureDrivers
import Sandbox
import TestSupport

/// A resource made by the real `terraform` in the real sandbox, by configurations that need no provider.
struct TerraformResource: Sendable {
    let states: MemoryStates
    let sandbox: any Sandbox
    var settings = TerraformSettings()

    /// Debian has no package of `terraform`: where it is missing, what needs it is not tested, and the run says so.
    static let isAvailable: Bool = {
        let isThere = ["/usr/local/bin/terraform", "/usr/bin/terraform"].contains { (path: String) in access(path, X_OK) == 0 }
        if !isThere { print("no terraform on this machine: the terraform driver is not tested against the real program") }
        return isThere && SandboxLauncher.isAvailable
    }()

    init(leaseSeconds: Double = 15) async throws {
        let launcher = try await SandboxLauncher.shared()
        sandbox = LaunchedSandbox(socket: launcher.socket, jobs: launcher.jobs)
        states = MemoryStates(leaseSeconds: leaseSeconds)
        settings.wallSeconds = 120
    }

    func driver() -> any Driver {
        WithStates(driver: TerraformDriver(sandbox: sandbox, settings: settings), states: states)
    }

    static let box = """
        variable "size" { type = number }
        variable "password" {
          type      = string
          sensitive = true
        }
        resource "terraform_data" "box" { input = "box-${var.size}" }
        resource "terraform_data" "key" {
          input            = sensitive(var.password)
          triggers_replace = [var.password]
        }
        output "name" { value = terraform_data.box.output }
        output "size" { value = var.size }
        output "url" {
          value     = "https://x:${var.password}@${terraform_data.box.output}/"
          sensitive = true
        }

        """

    func request(_ script: String = box, size: Int64 = 3, secrets: JSON = ["variables": ["password": "correct-horse"]])
        -> DriverRequest
    {
        DriverBench.request(
            values: ["script": .string(script), "variables": ["size": .int(size)]], secrets: secrets)
    }
}

/// A driver whose context has a shelf for its state, as the runner's has.
struct WithStates: Driver {
    let driver: TerraformDriver
    let states: any StateShelf

    var name: String { driver.name }
    var canFind: Bool { driver.canFind }

    func check(_ request: DriverRequest) -> [Problem] { driver.check(request) }

    func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult {
        try await driver.provision(request, with(context))
    }

    func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {
        try await driver.destroy(request, with(context))
    }

    func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding {
        try await driver.find(request, with(context))
    }

    func plan(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverPlan {
        try await driver.plan(request, with(context))
    }

    var canForesee: Bool { driver.canForesee }

    func effects(
        of action: ForeseenAction, _ request: DriverRequest, _ context: DriverContext
    ) async throws(DriverError) -> PlannedEffects? {
        try await driver.effects(of: action, request, with(context))
    }

    func holdsData(_ request: DriverRequest) -> Bool { driver.holdsData(request) }

    private func with(_ context: DriverContext) -> DriverContext {
        var context = context
        context.states = states
        return context
    }
}
