import CPostgres

/// COPY, which libpq does outside pipeline mode only.
extension PostgresConnection {
    /// Runs `COPY ... FROM STDIN` in a transaction that has begun. Not cancellable; the server's statement timeout bounds it.
    ///
    /// - Returns: How many rows the server took.
    func copy(_ statement: StaticString, _ rows: CopyText, in mark: TransactionMark) async throws(PostgresError) -> Int {
        guard case .ready = phase, let handle, case .open(mark.id, _) = transaction, inFlight.isEmpty, heldBack.isEmpty,
            cancelsUnderWay == 0
        else { throw PostgresError(.connection, "COPY needs an open transaction on which nothing else runs") }
        guard PQexitPipelineMode(handle.pointer) == 1, PQsendQuery(handle.pointer, "\(statement)") == 1 else {
            let error = PostgresError(.connection, handle.message)
            fail(error)
            throw error
        }
        lastID += 1
        let run = lastID
        guardCopy(run)
        let result = await withCheckedContinuation { reply in
            phase = .copying(CopyRun(id: run, bytes: rows.bytes, reply: reply))
            flush()
        }
        return try result.get()
    }

    func readCopy(_ handle: LibpqHandle) {
        // While the server waits for data, libpq gives the same result again and again.
        while case .copying(var run) = phase, !run.isOpen || run.isEnded, PQisBusy(handle.pointer) == 0 {
            guard let result = PQgetResult(handle.pointer) else { return endCopy(run, handle) }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_COPY_IN: run.isOpen = true
            case PGRES_COMMAND_OK: run.rows = ResultTable(result).affectedRows
            default: run.failure = run.failure ?? ServerMessage(result).error
            }
            phase = .copying(run)
        }
    }

    /// Hands on as much as the socket takes; called again whenever it takes more.
    func writeCopy(_ handle: LibpqHandle) {
        while case .copying(var run) = phase, run.isOpen, !run.isEnded {
            let piece = run.bytes[run.offset...].prefix(CopyRun.piece)
            let written = piece.withUnsafeBytes { bytes in
                bytes.isEmpty
                    ? PQputCopyEnd(handle.pointer, nil)
                    : PQputCopyData(handle.pointer, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
            }
            guard written == 1 else { return fail(PostgresError(.connection, handle.message)) }
            run.offset += piece.count
            run.isEnded = piece.isEmpty
            phase = .copying(run)
            if PQflush(handle.pointer) != 0 { return }
        }
    }

    private func endCopy(_ run: CopyRun, _ handle: LibpqHandle) {
        phase = .ready
        if PQenterPipelineMode(handle.pointer) != 1 { fail(PostgresError(.connection, handle.message)) }
        // What came before it is broken too when this connection is: the transaction is gone with it.
        run.reply.resume(returning: run.result)
    }

    /// As for batches: a server or a network that is gone without a word.
    private func guardCopy(_ id: UInt64) {
        guard let limit = configuration.statementTimeout else { return }
        loop.after(limit + .seconds(5)) { [weak self] in
            self?.assumeIsolated { connection in
                guard case .copying(let run) = connection.phase, run.id == id else { return }
                connection.fail(PostgresError(.timeout, "the server did not take the rows; the connection was closed"))
            }
        }
    }
}
