"""The workflows every organisation is asked about, and what each is for."""

from __future__ import annotations

KEY_WORKFLOWS: dict[str, dict[str, str]] = {
    "customer": {
        "Customer Onboarding": "Welcome and orient new customers",
        "Customer Support Ticket Management": "Handle inquiries through tickets",
        "Product/Service Delivery": "Deliver on time and correctly",
        "Customer Feedback Collection": "Surveys, reviews, forms",
        "Complaint Resolution": "Settle complaints fast",
        "Account Management": "Accounts, updates, service changes",
        "Customer Renewals": "Subscriptions and contracts",
        "Upsell/Cross-sell Campaigns": "Further products",
        "Loyalty Programs": "Rewards and incentives",
        "Customer Satisfaction Monitoring": "Surveys, sentiment",
        "Customer Experience Improvement": "Act on feedback",
        "Billing and Payments": "Invoices, inquiries, payments",
    },
    "partner": {
        "Partner Onboarding": "Bring new partners into operation",
        "Partner Relationship Management": "Communication and support",
        "Contract Negotiation and Management": "Negotiate, draft, manage",
        "Partner Training and Certification": "Programmes and certificates",
        "Performance Monitoring": "Sales targets, service levels",
        "Lead Distribution": "Leads to partners by criteria",
        "Co-Marketing Campaigns": "Joint marketing",
        "Joint Business Planning": "Strategy and plans",
        "Revenue Sharing and Commissions": "Agreements and payouts",
        "Partner Feedback Collection": "Improve collaboration",
        "Dispute Resolution": "Settle conflicts fairly",
        "Partner Enablement": "Tools and resources to sell",
    },
}
