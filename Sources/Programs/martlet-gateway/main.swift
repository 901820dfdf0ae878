import Gateway
import ServiceRuntime

await Room.main("martlet-gateway", GatewayConfiguration.self, faultPoints: GatewayFault.all) { configuration, room in
    try Gateway.assemble(configuration, room)
}
