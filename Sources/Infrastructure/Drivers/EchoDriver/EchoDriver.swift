import PlatformModel
import PureDrivers

/// `martlet/echo`: the inputs of the definition are the outputs of the resource.
///
/// Values become outputs and secrets become secret outputs, unchanged. It is how what stands already, such as a hand-made
/// database, is handed to workloads.
package struct EchoDriver: Driver {
    package let name = "echo"
    /// It leaves nothing behind, so a lost step is simply done again.
    package let canFind = true

    package init() {}

    package func check(_ request: DriverRequest) -> [Problem] { PureDriver.echo.check(request) }

    package func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult {
        try PureDriver.echo.result(request, randomness: TemplateRandomness(seed: "", now: context.now()))
    }

    package func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {}

    /// Nothing is lost that `provision` does not make again.
    package func holdsData(_ request: DriverRequest) -> Bool { false }

    /// Always present: the result follows from the inputs alone.
    package func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding {
        .present(try await provision(request, context))
    }
}
