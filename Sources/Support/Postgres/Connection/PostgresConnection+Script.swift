import CPostgres

extension PostgresConnection {
    /// Runs a text of many statements by the simple protocol, for migrations. On an idle connection only; a transaction
    /// opened before stays open. The error gives the line of the text.
    func runScript(_ text: String) async throws(PostgresError) {
        guard case .ready = phase, let handle, inFlight.isEmpty, heldBack.isEmpty, cancelsUnderWay == 0 else {
            throw PostgresError(.connection, "a script needs an idle connection")
        }
        guard PQexitPipelineMode(handle.pointer) == 1, PQsendQuery(handle.pointer, text) == 1 else {
            let error = PostgresError(.connection, handle.message)
            fail(error)
            throw error
        }
        let failure = await withCheckedContinuation { continuation in
            phase = .script(text, continuation, nil)
            flush()
        }
        guard let failure else { return }
        throw failure
    }

    /// A script is the operator's own file: the server's words and the line are what is needed.
    private func scriptError(_ message: ServerMessage, in text: String) -> PostgresError {
        let line = message.position.map { 1 + text.unicodeScalars.prefix($0 - 1).count { $0 == "\n" } }
        return PostgresError(
            .server(sqlstate: message.sqlstate), (line.map { "line \($0): " } ?? "") + message.primary,
            constraint: message.constraint)
    }

    func readScript(_ handle: LibpqHandle) {
        while PQisBusy(handle.pointer) == 0 {
            guard case .script(let text, let continuation, let first) = phase else { return }
            guard let result = PQgetResult(handle.pointer) else {
                phase = .ready
                guard PQenterPipelineMode(handle.pointer) == 1 else {
                    continuation.resume(returning: first)
                    return fail(PostgresError(.connection, handle.message))
                }
                return continuation.resume(returning: first)
            }
            if first == nil, PQresultStatus(result) == PGRES_FATAL_ERROR {
                phase = .script(text, continuation, scriptError(ServerMessage(result), in: text))
            }
            PQclear(result)
        }
    }
}

extension PostgresConnection {
    /// Whether a transaction is open in the server and no statement of it has failed.
    var isInTransaction: Bool {
        guard case .ready = phase, let handle else { return false }
        return PQtransactionStatus(handle.pointer) == PQTRANS_INTRANS
    }
}
