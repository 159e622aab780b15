import type { components } from "./schema";

type Schemas = components["schemas"];
export type Plan = Schemas["PlanAnswer"];
export type Subscription = Schemas["SubscriptionAnswer"];
export type Operation = Schemas["OperationAnswer"];
export type Invoice = Schemas["InvoiceAnswer"];
export type Interval = Subscription["interval"];
export type Money = Schemas["Money"];
