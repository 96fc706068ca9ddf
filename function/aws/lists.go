package aws

// List is one of the package's tables: what it lists, and the day on which it was last compared with its sources, as 2006-01-02.
type List struct{ Name, AsOf string }

// Lists are all tables of the package, with their days. A table that has several sources is as old as the one that was read first.
func Lists() []List {
	return []List{
		{"Regions that every account has", defaultRegions.asOf()},
		{"Regions of other partitions", otherRegions.asOf()},
		{"partitions", partitions.asOf()},
		{"names of Regions", regionNames.asOf()},
		{"global services", globalServices.asOf()},
		{"service principals", principals.asOf()},
		{"services that support RCPs", rcpServices.asOf()},
		{"services with resource policies", policyServices.asOf()},
		{"identity providers", identityProviders.asOf()},
		{"publishers of AWS's layers", layerPublishers.asOf()},
		{"vendors of layers", layerVendors.asOf()},
		{"messages of refused calls", refusals.asOf()},
		{"calls authorized under another name", authorizedAs.asOf()},
		{"services in messages of refused calls", refusalServices.asOf()},
		{"what Lambda says of event source mappings", mappingWords.asOf()},
		{"targets of deliveries", deliveryTargets.asOf()},
	}
}

// IdentityProvidersAsOf is the day of the list of identity providers, as a sentence has it; LayerPublishersAsOf and DeliveryTargetsAsOf
// are those of the accounts that publish AWS's layers, and of the targets of deliveries.
func IdentityProvidersAsOf() string { return "as of " + identityProviders.asOf() }

// LayerPublishersAsOf is described at IdentityProvidersAsOf.
func LayerPublishersAsOf() string { return "as of " + layerPublishers.asOf() }

// DeliveryTargetsAsOf is described at IdentityProvidersAsOf.
func DeliveryTargetsAsOf() string { return "as of " + deliveryTargets.asOf() }

// asOf is the day of the source that was read first.
func (t table[R]) asOf() string {
	day := ""
	for _, s := range t.sources {
		if day == "" || s.Read < day {
			day = s.Read
		}
	}
	return day
}
