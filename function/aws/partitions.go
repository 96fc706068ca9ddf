package aws

import "strings"

// Partition is a group of Regions with accounts, IAM and endpoints of its own.
type Partition struct {
	// Name is the partition in ARNs, "aws-cn".
	Name string
	// DNSSuffix ends the names of the endpoints, "amazonaws.com.cn".
	DNSSuffix string
	// GlobalRegion is the Region that IAM runs in: where requests to it go, and where CloudTrail records them.
	GlobalRegion string
	// Console is the host of the AWS Management Console, "console.amazonaws.cn"; empty where no public page of AWS gives it.
	Console string
	// regionPrefix begins the names of its Regions. The standard partition has all Regions that no other prefix covers.
	regionPrefix string
}

// StandardPartition is the name of the partition that most accounts are in.
const StandardPartition = "aws"

// partitions come from the SDK, whose endpoints for IAM say where IAM runs; aws-cn is the one partition where that is not the
// Region of its other global services. That CloudTrail records the calls of a global service there is on its own page. The last sources
// are those of the hosts of the console.
var partitions = table[[]Partition]{
	sources: []Source{
		{"https://github.com/aws/aws-sdk-go-v2/blob/v1.47.7/internal/endpoints/awsrulesfn/partitions.json", "2026-11-28"},
		{"https://github.com/aws/aws-sdk-go-v2/blob/main/service/iam/endpoints.go", "2026-11-28"},
		{"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html", "2026-11-23"},
		{"https://docs.amazonaws.cn/aws/latest/userguide/iam.md", "2026-11-28"},
		{"https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html", "2026-11-28"},
		{"https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html", "2026-11-29"},
		{"https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-arns.html", "2026-11-29"},
		{"https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/configure-account.html", "2026-11-29"},
	},
	rows: []Partition{
		{StandardPartition, "amazonaws.com", "us-east-1", "console.aws.amazon.com", ""},
		{"aws-cn", "amazonaws.com.cn", "cn-north-1", "console.amazonaws.cn", "cn-"},
		{"aws-us-gov", "amazonaws.com", "us-gov-west-1", "console.amazonaws-us-gov.com", "us-gov-"},
		{"aws-iso", "c2s.ic.gov", "us-iso-east-1", "", "us-iso-"},
		{"aws-iso-b", "sc2s.sgov.gov", "us-isob-east-1", "", "us-isob-"},
		{"aws-iso-e", "cloud.adc-e.uk", "eu-isoe-west-1", "", "eu-isoe-"},
		{"aws-iso-f", "csp.hci.ic.gov", "us-isof-south-1", "", "us-isof-"},
		{"aws-eusc", "amazonaws.eu", "eusc-de-east-1", "", "eusc-"},
	},
}

// CutDNSSuffix takes the DNS suffix of a partition off the name of an endpoint; false when it has none.
func CutDNSSuffix(host string) (name string, ok bool) {
	for _, p := range partitions.rows {
		if name, ok = strings.CutSuffix(host, "."+p.DNSSuffix); ok {
			return name, true
		}
	}
	return host, false
}

// PartitionNames are the partitions that AWS has, the standard one first.
func PartitionNames() []string {
	names := make([]string, len(partitions.rows))
	for i, p := range partitions.rows {
		names[i] = p.Name
	}
	return names
}

// IsPartition tells whether AWS has a partition of this name.
func IsPartition(name string) bool {
	for i := range partitions.rows {
		if partitions.rows[i].Name == name {
			return true
		}
	}
	return false
}

// PartitionNamed gives the partition of a name, and the standard one for a name that AWS does not have.
func PartitionNamed(name string) Partition {
	for _, p := range partitions.rows {
		if p.Name == name {
			return p
		}
	}
	return partitions.rows[0]
}

// PartitionOfRegion gives the partition that a Region belongs to, and the standard one for a Region that is not known.
func PartitionOfRegion(region string) Partition {
	for _, p := range partitions.rows[1:] {
		if strings.HasPrefix(region, p.regionPrefix) {
			return p
		}
	}
	return partitions.rows[0]
}

// PartitionOfARN is the name of the partition in an ARN or a pattern of ARNs, and the standard one for any other text.
func PartitionOfARN(arn string) string {
	if p, ok := ParseARNPattern(arn); ok {
		return p.Partition
	}
	return StandardPartition
}
