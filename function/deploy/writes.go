package deploy

// What a daily sweep writes of an account in which nothing has changed, in write request units of the table: for each function the entry of the
// index, for each role its part of the inventory, for each role with findings its state, which says when they were seen last, and for the
// account that it was swept. The cost of a deployment is worked out from these figures.
const (
	SweepWritesPerFunction = 2
	SweepWritesPerRole     = 1
	SweepWritesPerFinding  = 6
	SweepWritesPerAccount  = 4
)
