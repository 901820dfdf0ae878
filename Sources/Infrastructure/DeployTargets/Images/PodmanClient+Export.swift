import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import PlatformModel

extension PodmanClient {
    /// A container's files as a tar archive, in pieces as they come; the next is asked for when one is dealt with.
    ///
    /// - Throws: `PodmanFailure`, or what `take` throws; anything else is the end of the connection.
    func export(_ container: String, within limit: Duration, _ take: (_ piece: [UInt8]) async throws -> Void) async throws {
        var request = HTTPClientRequest(
            url: "http+unix://\(PercentEncoding.encode(socket))/v4.0.0/libpod/containers/\(container)/export")
        // Podman's server refuses the socket's path, which is the host of such a URL.
        request.headers.add(name: "Host", value: "podman")
        let response: HTTPClientResponse
        do { response = try await HTTPClient.shared.execute(request, deadline: .now() + TimeAmount(limit)) } catch {
            throw PodmanFailure.unreachable("GET /containers/\(container)/export: \(error)")
        }
        guard response.status == .ok else {
            let body = try await response.body.collect(upTo: 64 << 10)
            let text = (try? JSON.parse(Array(body.readableBytesView)))?["message"]?.string
            throw PodmanFailure.answered(
                status: Int(response.status.code), message: String((text ?? "status \(response.status.code)").prefix(1000)))
        }
        for try await piece in response.body { try await take(Array(piece.readableBytesView)) }
    }
}
