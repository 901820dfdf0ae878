import Drivers
import PlatformModel
import PureDrivers
import Testing

@Suite struct EchoDriverTests {
    @Test func inputsAreOutputs() async throws {
        let values: JSON = ["host": "db.test", "nested": ["a": [1, 2.5, nil, true]]]
        let secrets: JSON = ["password": "correct-horse", "deep": ["token": "t"]]
        let result = try await EchoDriver().provision(
            DriverBench.request(values: values, secrets: secrets), DriverBench().context)
        #expect(result == DriverResult(values: values, secrets: secrets))
    }

    @Test func unknownTypesAreTold() throws {
        let catalogue = DriverCatalogue([EchoDriver(), TemplateDriver()])
        #expect(try catalogue.driver(type: "humanitec/echo").name == "echo")
        #expect(try catalogue.driver(type: "martlet/template").name == "template")
        for (type, suggestion) in [
            ("humanitec/ecoh", "humanitec/echo"), ("tempalte", "martlet/template"), ("x/echo", "martlet/echo"),
        ] {
            do throws(DriverError) {
                _ = try catalogue.driver(type: type)
                Issue.record("\(type) was found")
            } catch {
                #expect(error.code == "DRV-001")
                #expect(error.problems.first?.suggestion == suggestion)
            }
        }
    }
}
