package role

// Settings are a version's settings in the words of Lambda, whether its own answer, an export or a CloudTrail record tells
// them: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html. They are whole: what is empty is not set.
type Settings struct {
	LogGroup, DeadLetter    string
	VPC                     string
	Subnets, SecurityGroups []string
	// TracingMode is the Mode of TracingConfig, and SnapStart the ApplyOn of SnapStart.
	TracingMode, SnapStart, PackageType string
	// CapacityProvider is the ARN in CapacityProviderConfig.
	CapacityProvider string
	// Runtime is RuntimeConfig.
	Runtime Runtime
	// Memory is MemorySize, in MB; 0 where it was not told.
	Memory int
	// Layers are ARNs of layer versions.
	Layers []string
	Mounts []Mount
	// Durable says whether there is a DurableConfig.
	Durable bool
}

// Config is the configuration that the settings make. The rest of it was not read, and why says why.
func (s Settings) Config(why Reason) Config {
	c := UnreadConfig(why)
	c.LogGroup, c.DeadLetter, c.Network = textOrNone(s.LogGroup), textOrNone(s.DeadLetter), None[Network]()
	if s.VPC != "" || len(s.Subnets) > 0 {
		c.Network = Have(Network{VPC: s.VPC, Subnets: s.Subnets, SecurityGroups: s.SecurityGroups})
	}
	c.CapacityProvider = textOrNone(s.CapacityProvider)
	if c.Runtime, c.RuntimeUpdates = None[Runtime](), None[RuntimeUpdates](); s.Runtime != (Runtime{}) {
		c.Runtime, c.RuntimeUpdates = Have(s.Runtime), NotRead[RuntimeUpdates](why)
	}
	c.Tracing, c.SnapStart = Have(s.TracingMode == "Active"), Have(s.SnapStart == "PublishedVersions")
	c.Layers, c.Mounts = Have(s.Layers), Have(s.Mounts)
	if s.Memory > 0 {
		c.Memory = Have(s.Memory)
	}
	c.Durable, c.Image = Have(s.Durable), Have(s.PackageType == "Image")
	return c
}

func textOrNone(text string) Maybe[string] {
	if text == "" {
		return None[string]()
	}
	return Have(text)
}
