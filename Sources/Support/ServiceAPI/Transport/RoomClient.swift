import HTTPTypes
import NIOCore
import PlatformModel

/// A caller of one room over its Unix socket. Adds the wire version, the request's id and, for the gateway, the principal.
package struct RoomClient: Sendable {
    package let room: String
    private let endpoint: HTTPEndpoint

    /// - Parameters:
    ///   - room: The name in errors: `broker`.
    ///   - socket: `/run/martlet/broker.sock`.
    package init(room: String, socket: String, http: RoomHTTP = .shared) {
        self.room = room
        self.endpoint = HTTPEndpoint(name: room, socket: socket, http: http)
    }

    /// Calls a route and decodes its answer.
    ///
    /// A room that is not there is waited for, up to 10 s within `timeout`; an answer that was lost is asked for again only where the
    /// method is idempotent. A status from 300 throws `.status`.
    package func call<Answer: Decodable & Sendable>(
        _ method: HTTPRequest.Method, _ path: String, query: [(String, String)] = [], body: (any Encodable & Sendable)? = nil,
        principal: Principal? = nil, timeout: Duration = .seconds(30), as type: Answer.Type = Answer.self
    ) async throws(RoomError) -> Answer {
        try await send(method, path, query: query, body: body, principal: principal, timeout: timeout).decode(type)
    }

    /// Calls a route whose answer is empty, or of interest in its status and headers.
    @discardableResult
    package func send(
        _ method: HTTPRequest.Method, _ path: String, query: [(String, String)] = [], body: (any Encodable & Sendable)? = nil,
        principal: Principal? = nil, headers: HTTPFields = [:], timeout: Duration = .seconds(30)
    ) async throws(RoomError) -> HTTPAnswer {
        var call = HTTPCall(method, path, query: query, timeout: timeout)
        call.headers = try self.headers(principal: principal, adding: headers)
        if let body {
            call.headers[.contentType] = "application/json"
            do throws(JSONError) { call.body = .bytes(try JSON.encode(body)) } catch {
                throw RoomError(room: room, kind: .malformed("the request: \(error.message)"))
            }
        }
        return try await endpoint.send(call)
    }

    /// The events of a stream route, reconnecting after the last one seen; begins after `lastEventID`.
    package func stream(
        _ path: String, query: [(String, String)] = [], lastEventID: String = "", principal: Principal? = nil
    ) -> EventStream {
        EventStream(lastEventID: lastEventID) { [self] (last) throws(RoomError) in
            var call = HTTPCall(.get, path, query: query, timeout: .seconds(15))
            call.headers = try headers(principal: principal, adding: [.accept: "text/event-stream"])
            if !last.isEmpty { call.headers[RoomHeader.lastEventID] = last }
            return try await endpoint.open(call)
        }
    }

    /// Passes a client's request on and gives back the answer's head with its body still to be read: what the gateway does.
    ///
    /// - Parameters:
    ///   - target: Path and query, percent-encoded.
    ///   - headers: The client's; those of one connection, `Authorization`, `Cookie`, `Host` and every `Martlet-` header are left out.
    ///   - length: Of the body, where it is known.
    ///   - timeout: Until the answer's head.
    package func forward(
        _ method: HTTPRequest.Method, target: String, headers: HTTPFields,
        body: (any AsyncSequence<ByteBuffer, any Error> & Sendable)?, length: Int64? = nil, principal: Principal?,
        timeout: Duration = .seconds(60)
    ) async throws(RoomError) -> HTTPBodyStream {
        var call = HTTPCall(method, target, timeout: timeout)
        let passed = HTTPFields(headers.filter { Self.isPassedOn($0.name) && $0.name != .contentLength })
        call.headers = try self.headers(principal: principal, adding: passed)
        if let body { call.body = .stream(body, length: length) }
        var answer = try await endpoint.forward(call)
        answer.headers = HTTPFields(answer.headers.filter { Self.isPassedOn($0.name) })
        return answer
    }

    private func headers(principal: Principal?, adding extra: HTTPFields) throws(RoomError) -> HTTPFields {
        var headers = extra
        headers[RoomHeader.wireVersion] = String(WireVersion.current)
        headers[RoomHeader.requestID] = RequestTrace.id
        if let principal {
            do throws(JSONError) { headers[RoomHeader.principal] = try PrincipalHeader.shared.text(of: principal) } catch {
                throw RoomError(room: room, kind: .malformed("the principal: \(error.message)"))
            }
        }
        return headers
    }

    /// Not the headers of one connection (RFC 9110, 7.6.1), nor what belongs to the two rooms alone.
    private static func isPassedOn(_ name: HTTPField.Name) -> Bool {
        let name = name.canonicalName
        return !heldBack.contains(name) && !name.hasPrefix("martlet-")
    }

    private static let heldBack: Set = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "host", "authorization", "cookie", "expect", "date", "server",
    ]
}
