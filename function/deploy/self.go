package deploy

// The logical IDs of what the self-checks look at, next to those that deploy.go lists.
const (
	MappingID  = "Mapping"
	ScheduleID = "Schedule"
	BusID      = "Bus"
	// HeartbeatID is the schedule of another Region that sends its heartbeat.
	HeartbeatID = "Heartbeat"
)

// OtherRules begins the logical IDs of the home stack's rules that listen to the bus and not to the default bus of the Region.
const OtherRules = "Other"
