import ServiceRuntime

await Room.main("room-probe", ProbeConfiguration.self, faultPoints: ProbeFaults.all) { configuration, room in
    try ProbeRoutes(configuration).add(to: room)
}
