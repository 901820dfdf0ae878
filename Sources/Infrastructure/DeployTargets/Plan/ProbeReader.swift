import PlatformModel

/// Reads a startup, readiness or liveness probe.
struct ProbeReader {
    let problems: ProblemList
    let portNames: [String: Int]

    func read(_ fields: ObjectFields) -> ProbePlan? {
        defer { fields.finish() }
        var questions: [ProbePlan.Question?] = []
        if let http = fields.object("httpGet") { questions.append(readHTTP(http)) }
        if let tcp = fields.object("tcpSocket") {
            questions.append(port(tcp).map { .tcp(port: $0) })
            tcp.accept("host")
            tcp.finish()
        }
        if let exec = fields.object("exec") {
            let command = exec.strings("command") ?? []
            if command.isEmpty { problems.add("DEP-104", "\(exec.path).command", "missing") }
            questions.append(.exec(command))
            exec.finish()
        }
        guard questions.count == 1 else {
            problems.add("DEP-103", fields.path, "one of httpGet, tcpSocket and exec is needed")
            return nil
        }
        guard let question = questions[0] else { return nil }
        var probe = ProbePlan(question: question)
        probe.initialDelay = fields.int("initialDelaySeconds", 0...3600) ?? 0
        probe.period = fields.int("periodSeconds", 1...3600) ?? 10
        probe.timeout = fields.int("timeoutSeconds", 1...300) ?? 1
        probe.successThreshold = fields.int("successThreshold", 1...100) ?? 1
        probe.failureThreshold = fields.int("failureThreshold", 1...1000) ?? 3
        return probe
    }

    private func readHTTP(_ fields: ObjectFields) -> ProbePlan.Question? {
        defer { fields.finish() }
        fields.expect("scheme", "HTTP")
        let path = fields.string("path") ?? "/"
        let slashed = path.hasPrefix("/") ? path : "/" + path
        if slashed.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f }) || slashed.utf8.count > 2048 {
            fields.refuse("path", "a path has no spaces or control characters, and at most 2048 bytes")
        }
        var headers: [String] = []
        for header in fields.objects("httpHeaders") {
            let text = "\(header.required("name") ?? ""): \(header.string("value") ?? "")"
            if text.utf8.contains(where: { $0 < 0x20 }) || text.utf8.count > 1024 {
                problems.add("DEP-103", header.path, "a header is one line of at most 1024 bytes")
            }
            headers.append(text)
            header.finish()
        }
        if headers.count > 16 { fields.refuse("httpHeaders", "at most 16 are sent") }
        return port(fields).map { .http(port: $0, path: slashed, headers: headers) }
    }

    private func port(_ fields: ObjectFields) -> Int? {
        guard let value = fields.value("port") else {
            problems.add("DEP-104", "\(fields.path).port", "missing")
            return nil
        }
        if let number = value.int, (1...65535).contains(number) { return number }
        if let name = value.string, let number = portNames[name] ?? Int(name) { return number }
        fields.refuse(
            "port", "no port of the container has this number or name",
            suggestion: value.string.flatMap { nearestName(to: $0, among: portNames.keys.sorted()) })
        return nil
    }
}
