import FaultPoints
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import PlatformModel
import ServiceAPI

/// Around every route: checks the wire version, decodes the principal, turns errors into answers (the only place that does), and
/// counts.
struct AnswerMiddleware: RouterMiddleware {
    typealias Context = RoomContext

    let table: RouteTable
    let metrics: MetricsRegistry

    func handle(
        _ request: Request, context: RoomContext, next: (Request, RoomContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        metrics.requestBegan()
        var context = context, response: Response
        do {
            if case .room = context.connection.origin {
                try checkWireVersion(request)
                context.principal = try principal(of: request, context)
            }
            response = try await next(request, context)
        } catch {
            response = Response(failure(for: error, request, context))
        }
        response.headers[RoomHeader.apiVersion] = "1"
        response.headers[RoomHeader.requestID] = context.requestID
        let route = context.endpointPath ?? "none"
        metrics.requestEnded(
            route: route, method: request.method.rawValue, status: Int(response.status.code), after: ContinuousClock.now - start)
        context.logger.debug(
            "answered",
            metadata: ["method": "\(request.method)", "route": "\(route)", "status": "\(response.status.code)"])
        return response
    }

    private func checkWireVersion(_ request: Request) throws(HTTPFailure) {
        guard let text = request.headers[RoomHeader.wireVersion] else { return }
        guard let version = Int(text) else { throw .badRequest("Martlet-Wire-Version is not a number") }
        guard WireVersion.accepts(version) else {
            throw HTTPFailure(
                .upgradeRequired, "wire_version",
                "the caller speaks wire version \(version), this room \(WireVersion.current): upgrade the older one",
                details: ["caller": .int(Int64(version)), "room": .int(Int64(WireVersion.current))])
        }
    }

    /// The gateway's word is believed, nobody else's.
    private func principal(of request: Request, _ context: RoomContext) throws(HTTPFailure) -> Principal? {
        guard let header = request.headers[RoomHeader.principal] else { return nil }
        guard context.callers.contains("gateway") else {
            context.logger.warning(
                "ignored a principal that is not the gateway's", metadata: ["peer": "\(context.connection.origin)"])
            return nil
        }
        guard let principal = PrincipalHeader.shared.principal(in: header) else {
            throw .badRequest("Martlet-Principal is not base64 of a principal's JSON")
        }
        return principal
    }

    private func failure(for error: any Error, _ request: Request, _ context: RoomContext) -> HTTPFailure {
        switch error {
        case let failure as HTTPFailure: return failure
        case let error as HTTPError where error.status == .notFound: return noRoute(request)
        case let error as any HTTPResponseError:
            return HTTPFailure(error.status, "http_\(error.status.code)", error.status.reasonPhrase)
        case let fault as FaultInjected:
            // As a room that is away: its caller asks again.
            return .unavailable("\(fault); ask again")
        case let error as RoomError:
            context.logger.error("another room failed", metadata: ["cause": "\(error)"])
            if let failure = HTTPFailure(error) { return failure }
        case let error where Self.isLostClient(error, context):
            context.logger.debug("a client went away", metadata: ["cause": "\(error)"])
            return .badRequest("the connection ended before the request did")
        default:
            context.logger.error("a request failed", metadata: ["cause": "\(error)", "route": "\(context.endpointPath ?? "")"])
        }
        // The cause may hold what the caller must not see; the id finds it in the log.
        return HTTPFailure(
            .internalServerError, "internal", "something went wrong here; the log has it under request \(context.requestID)",
            details: ["request_id": .string(context.requestID)])
    }

    /// Whether the connection broke while the request's body was read.
    private static func isLostClient(_ error: any Error, _ context: RoomContext) -> Bool {
        switch error {
        case NIOSSLError.uncleanShutdown, HTTPParserError.invalidEOFState: true
        case is IOError, is ChannelError: !context.connection.channel.isActive
        default: false
        }
    }

    private func noRoute(_ request: Request) -> HTTPFailure {
        let methods = table.methods(of: request.uri.path)
        guard !methods.isEmpty else { return .notFound("there is no route \(request.uri.path)") }
        let allowed = methods.map(\.rawValue).joined(separator: ", ")
        return HTTPFailure(
            .methodNotAllowed,
            ErrorBody(error: "method_not_allowed", message: "\(request.uri.path) takes \(allowed)"), headers: [.allow: allowed])
    }
}
