import CPostgres

/// Sending batches and matching their answers.
extension PostgresConnection {
    func send(_ request: Request) {
        guard case .ready = phase, let handle else { return refuse(request) }
        deallocateDropped()
        guard let (statements, hidden) = transactionStatements(of: request) else {
            return request.reply.resume(
                returning: .failed(PostgresError(.connection, "the transaction has ended; nothing was sent"), .final))
        }
        if statements.contains(where: { $0.parameters.count > 65535 }) {
            return request.reply.resume(
                returning: .failed(PostgresError(.decoding, "more than 65535 parameters in one statement"), .final))
        }
        guard let steps = queue(statements, hidden: hidden, on: handle), PQpipelineSync(handle.pointer) == 1 else {
            let error = PostgresError(.connection, handle.message)
            request.reply.resume(returning: .failed(error, .final))
            return fail(error)
        }
        append(Batch(id: request.id, steps: steps, reply: request.reply))
        flush()
    }

    private func refuse(_ request: Request) {
        var error = PostgresError(.connection, "the connection is closed")
        if case .closed(let reason) = phase { error = reason }
        error.notSent = true
        request.reply.resume(returning: .failed(error, .final))
    }

    private func append(_ batch: Batch) {
        if inFlight.isEmpty { headSince = .now }
        inFlight.append(batch)
        armGuard()
    }

    /// Statements that fell out of the cache, each before a Sync of its own: one failure must not keep the others.
    func deallocateDropped() {
        guard case .none = transaction, case .ready = phase, let handle else { return }
        for name in cache.takeDropped() {
            guard let steps = queue(["DEALLOCATE \(identifier: name)"], hidden: 1, on: handle),
                PQpipelineSync(handle.pointer) == 1
            else { return }
            lastID += 1
            append(Batch(id: lastID, steps: steps, reply: nil))
        }
    }

    /// Puts the statements into libpq's output buffer; nil when libpq refuses.
    private func queue(_ statements: [SQL], hidden: Int, on handle: LibpqHandle) -> [Batch.Step]? {
        var steps: [Batch.Step] = []
        for (index, statement) in statements.enumerated() {
            let parameters = statement.parameters
            let key = StatementCache.Key(text: statement.text, types: parameters.map(\.type))
            var name: String?
            if statement.isReusable {
                switch cache.lookup(key) {
                case .ready(let ready): name = ready
                case .preparing: break
                case .absent(let new):
                    guard PQsendPrepare(handle.pointer, new, key.text, Int32(key.types.count), key.types) == 1 else { return nil }
                    steps.append(.prepare(key))
                    name = new
                }
            }
            guard LibpqParameters(parameters).send(handle.pointer, text: key.text, types: key.types, prepared: name) else {
                return nil
            }
            steps.append(.statement(key: key, name: name, isHidden: index < hidden))
        }
        return steps
    }

    // MARK: Answers

    func ready(_ events: UInt32) {
        guard let handle else { return }
        if PQconsumeInput(handle.pointer) == 0 {
            let message = handle.message
            return fail(PostgresError(.connection, message.isEmpty ? "the server closed the connection" : message))
        }
        switch phase {
        case .script: readScript(handle)
        case .copying:
            readCopy(handle)
            writeCopy(handle)
        default: readPipeline(handle)
        }
        while let notification = PQnotifies(handle.pointer) {
            let channel = String(cString: notification.pointee.relname)
            let payload = notification.pointee.extra.map { String(cString: $0) } ?? ""
            PQfreemem(notification)
            notificationHandler?(channel, payload)
        }
        flush()
    }

    private func readPipeline(_ handle: LibpqHandle) {
        // A NULL stands between two results and is not the end; several in a row mean that nothing is left.
        var nulls = 0
        while !inFlight.isEmpty, nulls < 3, PQisBusy(handle.pointer) == 0 {
            guard let result = PQgetResult(handle.pointer) else {
                nulls += 1
                continue
            }
            nulls = 0
            receive(result)
            PQclear(result)
        }
    }

    private func receive(_ result: OpaquePointer) {
        let status = PQresultStatus(result)
        if status == PGRES_PIPELINE_SYNC {
            let batch = inFlight.removeFirst()
            batch.reply?.resume(returning: batch.outcome)
            return headChanged()
        }
        guard let step = inFlight[0].nextStep() else { return }
        switch status {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            if case .prepare(let key) = step { cache.prepared(key) }
            inFlight[0].succeeded(step, ResultTable(result))
        case PGRES_PIPELINE_ABORTED:
            if case .prepare(let key) = step { cache.failed(key) }
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
            let message = ServerMessage(result)
            switch step {
            case .prepare(let key): cache.failed(key)
            case .statement(let key?, let name?, _) where message.isStalePlan: cache.forget(key, name: name)
            default: break
            }
            inFlight[0].failed(message)
        default:
            inFlight[0].failed(PostgresError(.connection, "COPY is not possible here"))
        }
    }

    private func headChanged() {
        headSince = .now
        if let head = inFlight.first, head.cancelRequested { sendCancel() }
    }

    // MARK: Writing

    func flush() {
        guard let handle, descriptor >= 0 else { return }
        switch PQflush(handle.pointer) {
        case 0: wait(toWrite: false)
        case 1: wait(toWrite: true)
        default: fail(PostgresError(.connection, handle.message))
        }
    }

    private func wait(toWrite: Bool) {
        guard toWrite != wantsToWrite else { return }
        wantsToWrite = toWrite
        let events = toWrite ? EventLoop.readable | EventLoop.writable : EventLoop.readable
        if !loop.change(descriptor, to: events) { fail(PostgresError(.connection, "epoll lost the socket")) }
    }

    // MARK: A server that stopped answering

    /// The server ends long statements itself; this catches a server or a network that is gone without a word.
    private func armGuard() {
        guard !guardIsArmed, configuration.statementTimeout != nil else { return }
        guardIsArmed = true
        loop.after(.seconds(1)) { [weak self] in self?.assumeIsolated { $0.checkGuard() } }
    }

    private func checkGuard() {
        guardIsArmed = false
        guard let head = inFlight.first, let limit = configuration.statementTimeout else { return }
        let allowance = limit * head.statementCount + .seconds(5)
        if ContinuousClock.now - headSince > allowance {
            fail(PostgresError(.timeout, "the server did not answer within \(allowance); the connection was closed"))
        } else {
            armGuard()
        }
    }
}
