import Hummingbird
import Logging
import PlatformModel
import ServiceAPI

/// What a request's context is made from.
package struct RoomContextSource: RequestContextSource {
    let connection: Connection
    let requestID: String
    package let logger: Logger
}

/// What a route knows of a request beside the request: who sent it, for whom, and its id.
package struct RoomContext: RequestContext {
    package typealias Source = RoomContextSource

    package var coreContext: CoreRequestContextStorage
    package let connection: Connection
    /// On every log line and answer of this request, and passed on to the rooms called for it.
    package let requestID: String
    /// Who asks, in the gateway's word; nil when it named nobody or the peer is not the gateway.
    package internal(set) var principal: Principal?
    /// The largest body of this route, in bytes.
    package internal(set) var bodyLimit = RouteGroup.defaultBodyLimit

    package init(source: RoomContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        connection = source.connection
        requestID = source.requestID
    }

    package var id: String { requestID }
    package var maxUploadSize: Int { bodyLimit }

    /// The process at the other end; nil for a request from the network.
    package var peer: Peer? { if case .room(let peer, _) = connection.origin { peer } else { nil } }

    /// The callers that the peer's uid stands for.
    package var callers: Set<String> { if case .room(_, let callers) = connection.origin { callers } else { [] } }

    /// The client's address on the network; nil for a room.
    package var remoteAddress: String? { if case .network(let address) = connection.origin { address } else { nil } }

    /// The principal of a route that needs one; 401 without.
    package func requirePrincipal() throws(HTTPFailure) -> Principal {
        guard let principal else { throw HTTPFailure(.unauthorized, "unauthorized", "the request names no principal") }
        return principal
    }

    /// A path parameter, percent-decoded.
    package func parameter(_ name: String) throws(HTTPFailure) -> String {
        guard let value = parameters.get(name) else { throw .notFound("there is no '\(name)' in the path") }
        guard let decoded = PercentEncoding.decode(value) else {
            throw .badRequest("'\(name)' in the path is not percent-encoded UTF-8")
        }
        return decoded
    }

    /// The whole body; 413 beyond the route's limit.
    package func body(of request: Request) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await piece in request.body { bytes.append(contentsOf: piece.readableBytesView) }
        return bytes
    }

    /// The body as a wire type: 400 when it is not JSON, 422 when it is not of the type.
    package func decode<Value: Decodable>(_ type: Value.Type = Value.self, from request: Request) async throws -> Value {
        let bytes = try await body(of: request)
        do throws(JSONError) { _ = try JSON.parse(bytes) } catch { throw HTTPFailure.badRequest("the body is not JSON") }
        do throws(JSONError) { return try JSON.decode(type, from: bytes) } catch {
            throw HTTPFailure(.unprocessableContent, "invalid", error.message)
        }
    }
}
