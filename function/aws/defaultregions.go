package aws

import "slices"

// defaultRegions are enabled in every account of the standard partition from the start.
var defaultRegions = table[[]string]{
	sources: []Source{{"https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html", "2026-11-23"}},
	rows: []string{
		"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1",
		"ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
	},
}

// IsDefaultRegion tells whether every account of the standard partition has a Region without opting in to it.
func IsDefaultRegion(region string) bool { return slices.Contains(defaultRegions.rows, region) }
