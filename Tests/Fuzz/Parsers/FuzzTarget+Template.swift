import PlatformModel
import Templating

extension FuzzTarget {
    /// A template over fixed data within small bounds: the same twice, and never more text than allowed.
    static let template = FuzzTarget(name: "template") { bytes throws(BrokenPromise) in
        guard let text = String(validating: bytes, as: UTF8.self), let template = try? Template.parse(text, name: "t") else {
            return
        }
        let limits = TemplateLimits(outputBytes: 1 << 16, steps: 20_000, depth: 30)
        let environment = TemplateEnvironment(
            now: Timestamp(milliseconds: 1_700_000_000_000),
            randomBytes: { count in (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) } },
            limits: limits)
        guard let first = try? template.render(templateData, environment: environment) else { return }
        try BrokenPromise.unless(first.utf8.count <= limits.outputBytes, "\(first.utf8.count) bytes of text")
        let second = try? template.render(templateData, environment: environment)
        try BrokenPromise.unless(first == second, "another text the second time")
    }

    private static let templateData: JSON = [
        "res": ["id": "modules.web.externals.db", "type": "postgres", "class": "default", "guresid": "0123456789abcdef"],
        "driver": [
            "values": [
                "name": "web-1", "port": 8080, "ratio": 0.25, "on": true, "off": false, "none": nil, "empty": "",
                "list": ["b", "a", "c"], "numbers": [3, 1, 2], "map": ["x": 1, "y": ["z": "deep"]], "text": "Hello, Wörld\n",
                "json": #"{"a":[1,2]}"#, "yaml": "a: 1\nb: [x]\n", "base64": "aGVsbG8=", "date": "2026-01-02T03:04:05Z",
            ],
            "secrets": ["password": "secret"],
        ],
        "init": ["host": "db.internal"], "outputs": ["host": "db.internal"], "cookie": [:],
    ]
}
