import RouteProxy
import Testing

@Suite struct RouteBindTests {
    @Test(arguments: [
        (":80", 80, true), ("*:80", 80, true), ("0.0.0.0:80", 80, true), ("127.0.0.1:80", 80, false), (":8080", 8080, false),
        ("[::]:443", 443, false), ("/run/x.sock", nil, false),
    ])
    func ports(address: String, port: Int?, isPassed: Bool) {
        let bind = RouteBind(address)
        #expect(bind.port == port && bind.isPassed == isPassed)
    }
}
