import HTTPTypes
import Hummingbird
import Logging
import PlatformModel
import ServiceRuntime

/// The OpenAPI document of the public API, as it lies beside the program: `docs/reference/openapi.json`.
struct APIDocument: Sendable {
    private let bytes: [UInt8]
    private let tag: String

    /// One that cannot be read is told, and missing: nothing else depends on it.
    init(path: String, logger: Logger) {
        do throws(ConfigError) { bytes = try ConfigReader.contents(of: path) } catch {
            logger.error("the API's document is not there; see api_document", metadata: ["cause": "\(error)"])
            bytes = []
        }
        tag = "\"" + SHA256.hex(bytes).prefix(32) + "\""
    }

    /// - Throws: 503 where it is not installed.
    func respond(to request: Request) throws(HTTPFailure) -> Response {
        guard !bytes.isEmpty else {
            throw .unavailable(
                "the document is not installed on this appliance; an administrator finds the reason in the gateway's log")
        }
        let headers: HTTPFields = [.eTag: tag, .cacheControl: "no-cache"]
        guard request.headers[.ifNoneMatch] != tag else { return .empty(.notModified, headers: headers) }
        return .json(bytes: bytes, headers: headers)
    }
}
