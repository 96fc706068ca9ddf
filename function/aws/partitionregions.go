package aws

import "slices"

// otherRegions are those of the partitions that have more than the Region of their global services.
var otherRegions = table[map[string][]string]{
	sources: []Source{
		{"https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/using-govcloud-endpoints.html", "2026-11-29"},
		{"https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-arns.html", "2026-11-29"},
	},
	rows: map[string][]string{"aws-us-gov": {"us-gov-west-1", "us-gov-east-1"}, "aws-cn": {"cn-north-1", "cn-northwest-1"}},
}

// RegionsOf gives Regions that every account of a partition has; there may be more.
func RegionsOf(partition string) []string {
	if partition == StandardPartition {
		return slices.Clone(defaultRegions.rows)
	}
	if list, ok := otherRegions.rows[partition]; ok {
		return slices.Clone(list)
	}
	return []string{PartitionNamed(partition).GlobalRegion}
}
