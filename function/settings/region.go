package settings

import (
	"regexp"
	"strings"
)

var regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]+$`)

// globalRegions holds, for each prefix of a Region's name, the Region of that partition where IAM lives and where
// CloudTrail records its calls. The longest prefixes stand first.
var globalRegions = []struct{ prefix, region string }{
	{"us-gov-", "us-gov-west-1"},
	{"us-isob-", "us-isob-east-1"},
	{"us-isof-", "us-isof-south-1"},
	{"us-iso-", "us-iso-east-1"},
	{"eu-isoe-", "eu-isoe-west-1"},
	{"eusc-", "eusc-de-east-1"},
	{"cn-", "cn-north-1"},
}

// GlobalRegion gives the Region that has the IAM records of a Region's partition.
func GlobalRegion(region string) string {
	for _, g := range globalRegions {
		if strings.HasPrefix(region, g.prefix) {
			return g.region
		}
	}
	return "us-east-1"
}
