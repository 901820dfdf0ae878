import Hummingbird
import NIOCore
import PlatformModel
import ServiceAPI

/// `/healthz`, `/readyz` and `/metrics`.
struct HealthRoutes {
    let name: String
    let readiness: Readiness
    let metrics: MetricsRegistry

    func add(to router: RoomRouter) {
        let group = router.health()
        group.get("/healthz") { [name] _, _ in Self.alive(name) }
        group.get("/readyz") { [name, readiness] _, _ in
            let failures = await readiness.failures()
            let body: JSON = [
                "room": .string(name), "ready": .bool(failures.isEmpty), "failing": .object(failures.mapValues { .string($0) }),
                "version": .string(ProductVersion.text),
            ]
            return Response.json(bytes: Array(body.canonical.utf8), status: failures.isEmpty ? .ok : .serviceUnavailable)
        }
        group.get("/metrics") { [metrics] _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.text)))
        }
    }

    /// For a load balancer: only that the process answers.
    func addAlive(toNetwork router: RoomRouter) {
        router.network(bodyLimit: 0).get("/healthz") { [name] _, _ in Self.alive(name) }
    }

    private static func alive(_ name: String) -> Response {
        let body: JSON = ["room": .string(name), "alive": true]
        return .json(bytes: Array(body.canonical.utf8))
    }
}
