import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import PlatformModel

/// Why a request to Podman gave nothing.
enum PodmanFailure: Error, Sendable, Hashable {
    /// Nobody answers, or not in time.
    case unreachable(String)
    /// Podman says no: its status and its words.
    case answered(status: Int, message: String)

    var message: String {
        switch self {
        case .unreachable(let text): "Podman does not answer: \(text)"
        case .answered(_, let text): text
        }
    }

    /// Worth another try, against: this will not work.
    var isTransient: Bool { if case .unreachable = self { true } else { false } }
    var isMissing: Bool { if case .answered(404, _) = self { true } else { false } }

    /// Podman answers 500 for a name that is taken.
    var isTaken: Bool {
        guard case .answered(let status, let text) = self else { return false }
        return status == 409 || text.contains("already in use") || text.contains("already exists")
    }
}

/// libpod's REST API over its Unix socket. Every call has a deadline.
struct PodmanClient: Sendable {
    let socket: String
    private let http = HTTPClient.shared

    init(socket: String) { self.socket = socket }

    /// Sends one request; answers below 400 come back, others are thrown.
    @discardableResult
    func call(
        _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], json: JSON? = nil, bytes: [UInt8]? = nil,
        timeout: Duration = .seconds(30)
    ) async throws(PodmanFailure) -> [UInt8] {
        let answer = try await send(method, path, query: query, json: json, bytes: bytes, timeout: timeout)
        guard answer.status >= 400 else { return answer.body }
        let said = try? JSON.parse(answer.body)
        let text = said?["message"]?.string ?? "status \(answer.status)"
        throw .answered(status: answer.status, message: String(text.prefix(1000)))
    }

    /// The same, for an answer in JSON.
    func json(
        _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], json: JSON? = nil, timeout: Duration = .seconds(30)
    ) async throws(PodmanFailure) -> JSON {
        let body = try await call(method, path, query: query, json: json, timeout: timeout)
        do { return try JSON.parse(body) } catch { throw .answered(status: 200, message: "not JSON: \(method) \(path)") }
    }

    private func send(
        _ method: HTTPMethod, _ path: String, query: [(String, String)], json: JSON?, bytes: [UInt8]?, timeout: Duration
    ) async throws(PodmanFailure) -> (status: Int, body: [UInt8]) {
        let pairs = query.map { "\(PercentEncoding.encode($0.0))=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        let url = "http+unix://\(PercentEncoding.encode(socket))/v4.0.0/libpod\(path)\(pairs.isEmpty ? "" : "?" + pairs)"
        var request = HTTPClientRequest(url: url)
        request.method = method
        // Podman's server refuses the socket's path, which is the host of such a URL.
        request.headers.add(name: "Host", value: "podman")
        if let json {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: json.canonical))
        } else if let bytes {
            request.headers.add(name: "Content-Type", value: "application/x-tar")
            request.body = .bytes(ByteBuffer(bytes: bytes))
        }
        // A connection that Podman closed meanwhile is only noticed on use: what is safe to send twice is.
        var retries = method == .GET || method == .DELETE ? 1 : 0
        while true {
            do {
                let response = try await http.execute(request, deadline: .now() + TimeAmount(timeout))
                let body = try await response.body.collect(upTo: 16 << 20)
                return (Int(response.status.code), Array(body.readableBytesView))
            } catch let error as HTTPClientError where error == .remoteConnectionClosed && retries > 0 {
                retries -= 1
            } catch {
                throw .unreachable("\(method) \(path): \(error)")
            }
        }
    }
}
