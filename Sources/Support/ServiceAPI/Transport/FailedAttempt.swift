import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix

/// One attempt at a call that failed, and how far it got.
struct FailedAttempt: Error {
    enum Reach {
        /// No connection was made: nothing can have been done.
        case notConnected
        /// The connection broke before an answer: it may have been done.
        case lost
        /// Trying again is of no use, or not ours to decide.
        case final
    }

    let kind: RoomError.Kind
    let reach: Reach

    init(_ error: any Error, isCancelled: Bool) {
        switch error {
        case _ where isCancelled, is CancellationError: (kind, reach) = (.cancelled, .final)
        case let error as HTTPClientError: (kind, reach) = Self.classify(error)
        case let error as IOError: (kind, reach) = Self.classify(error)
        case is NIOConnectionError:
            (kind, reach) = (.unreachable(reason: "no connection", made: false), .notConnected)
        case is NIOTooManyBytesError: (kind, reach) = (.malformed("larger than the limit"), .final)
        default: (kind, reach) = (.unreachable(reason: "\(error)", made: true), .lost)
        }
    }

    private static func classify(_ error: HTTPClientError) -> (RoomError.Kind, Reach) {
        switch error {
        case .deadlineExceeded, .readTimeout, .writeTimeout: (.timeout, .final)
        case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout:
            (.unreachable(reason: error.shortDescription, made: false), .notConnected)
        case .remoteConnectionClosed: (.unreachable(reason: "the connection was closed before an answer", made: true), .lost)
        case .alreadyShutdown: (.unreachable(reason: "this process is shutting down", made: false), .final)
        default: (.unreachable(reason: error.shortDescription, made: true), .final)
        }
    }

    private static func classify(_ error: IOError) -> (RoomError.Kind, Reach) {
        let reason = String(cString: strerror(error.errnoCode))
        switch error.errnoCode {
        // EAGAIN is a Unix socket whose queue of connections is full.
        case ENOENT, ECONNREFUSED, EAGAIN: return (.unreachable(reason: reason, made: false), .notConnected)
        case EACCES, EPERM, ENAMETOOLONG, ENOTDIR, ENETUNREACH, EHOSTUNREACH:
            return (.unreachable(reason: reason, made: false), .final)
        default: return (.unreachable(reason: reason, made: true), .lost)
        }
    }
}
